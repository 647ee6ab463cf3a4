// HeaderRule: header fields that a definition may name, and what may stand in them.
//
// For: fields that every request to a provider carries, and the one that carries the credential.
// Refuses: names that are no tokens, names that belong to HTTP itself, values with control characters.
// Called by: provider definitions, CredentialPlacement, request planning.

/// A header field whose value may depend on the account.
public struct HeaderTemplate: Hashable, Sendable {
    /// In lower case.
    public let name: String
    public let value: TextTemplate

    public init(name: String, value: TextTemplate) { (self.name, self.value) = (name.lowercased(), value) }
}

/// What names and values of header fields are made of.
public enum HeaderRule {
    /// The longest name in bytes.
    public static let longestName = 128
    /// The longest value in bytes: a credential and what stands around it.
    public static let longestValue = SecretText.longest + TextTemplate.longest

    /// Fields that describe the message or the connection: whoever sends the request writes them.
    static let reserved: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive",
        "content-type", "content-encoding", "accept-encoding", "proxy-authorization", "proxy-connection", "cookie",
    ]

    /// Why `name` cannot be used; `nil` when it can.
    public static func fault(inName name: String) -> String? {
        guard (1...longestName).contains(name.utf8.count), name.utf8.allSatisfy(ByteGrammar.isToken) else {
            return "not a header field name (RFC 9110 §5.1)"
        }
        return reserved.contains(name.lowercased()) ? "set by the gateway itself" : nil
    }

    /// Why `value` cannot be sent; `nil` when it can. It is never part of the reason.
    public static func fault(inValue value: String) -> String? {
        guard value.utf8.count <= longestValue else { return "longer than \(longestValue) bytes" }
        guard value.utf8.allSatisfy(ByteGrammar.isPrintable), value.first != " ", value.last != " " else {
            return "expected printable ASCII without blanks at the ends"
        }
        return nil
    }
}
