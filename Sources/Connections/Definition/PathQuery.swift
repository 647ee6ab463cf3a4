// PathQuery: what is asked of a server: a path in normal form and the parameters of its query.
//
// For: paths that agents and definitions write with their query behind a question mark.
// Refuses: what NormalPath and FormText refuse, and fragments.
// Called by: agent requests, provider definitions.

/// `/v1/items?limit=10` taken apart.
public struct PathQuery: Hashable, Sendable {
    public let path: NormalPath
    public let query: [FormPair]

    /// Reads a path, perhaps with a query after the first `?`.
    public init(_ text: String) throws(GrammarFault) {
        guard !text.utf8.contains(UInt8(ascii: "#")) else { throw GrammarFault("\"#\" is not allowed in a path") }
        let mark = text.firstIndex(of: "?") ?? text.endIndex
        path = try NormalPath(String(text[..<mark]))
        query = mark < text.endIndex ? try FormText.pairs(text[text.index(after: mark)...].utf8) : []
    }
}

/// A request that a definition makes by itself: to try a credential, to ask whose it is.
public struct ProbeRequest: Hashable, Sendable, CustomStringConvertible {
    /// Where it goes.
    public enum Target: Hashable, Sendable {
        /// Below the provider's base URL.
        case path(PathQuery)
        /// Elsewhere. The credential is sent there, too.
        case address(WebAddress)
    }

    public let method: RequestMethod
    public let target: Target
    /// The request as it was written.
    public let description: String

    /// Reads `GET /user` or `GET https://api.example.com/user`.
    public init(_ text: String) throws(GrammarFault) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let method = RequestMethod(rawValue: String(words[0])) else {
            throw GrammarFault("expected a method and a path or URL, such as GET /user")
        }
        self.method = method
        target =
            words[1].hasPrefix("/")
            ? .path(try PathQuery(String(words[1]))) : .address(try WebAddress(String(words[1])))
        description = text
    }
}
