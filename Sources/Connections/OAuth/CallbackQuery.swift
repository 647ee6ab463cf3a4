// CallbackQuery: what a user's browser brings back from the provider (RFC 6749 §4.1.2, RFC 9207).
//
// For: finding the flow it belongs to, and then the code or the reason why there is none.
// Refuses: parameters given twice (RFC 6749 §3.1), codes that could not be sent, an issuer that is another than the
// provider's.
// Called by: whoever serves the callback: first the state, then `PendingConnections.take`, then `outcome`.

/// A callback.
public struct CallbackQuery: Sendable {
    /// What it comes to.
    public enum Outcome: Sendable, Equatable {
        /// A code for the token endpoint.
        case code(SecretText)
        /// The user or the provider said no; the provider's code and words.
        case denied(code: String, text: String)
    }

    /// The longest query that is read; codes have up to 2,000 characters.
    public static let longest = 8192
    /// The longest code.
    static let longestCode = 4096

    /// The state that came back; `nil` when there is none or it has another form than ours.
    public let state: FlowState?
    private let pairs: [FormPair]

    /// Reads the query of a callback, without its question mark. Parameters that are not known are passed over
    /// (§4.1.2).
    public init(_ query: some Collection<UInt8>) throws(GrammarFault) {
        guard query.count <= Self.longest else { throw GrammarFault("longer than \(Self.longest) bytes") }
        let pairs = try FormText.pairs(query).filter { Self.known.contains($0.name) }
        guard Set(pairs.map(\.name)).count == pairs.count else { throw GrammarFault("a parameter is given twice") }
        self.pairs = pairs
        state = pairs.first { $0.name == "state" }.flatMap { FlowState($0.value) }
    }

    private static let known: Set<String> = ["code", "state", "error", "error_description", "iss"]

    /// The outcome of a callback whose flow was found.
    public func outcome(for oauth: OAuthDefinition) throws(GrammarFault) -> Outcome {
        // RFC 9207 §2.4: compared before anything else of the answer is used, also in errors.
        if let issuer = oauth.issuer {
            guard value(of: "iss") ?? (oauth.requiresIssuer ? "" : issuer) == issuer else {
                throw GrammarFault("the answer comes from another issuer than \(issuer)")
            }
        }
        if let error = value(of: "error") {
            return .denied(
                code: String(Excerpt.of(error.utf8).prefix(64)),
                text: Excerpt.of((value(of: "error_description") ?? error).utf8))
        }
        guard let code = value(of: "code") else { throw GrammarFault("the answer has neither a code nor an error") }
        let secret = SecretText(code)
        guard secret.isSendable, secret.bytes.count <= Self.longestCode else {
            throw GrammarFault("the code is empty, too long or not printable ASCII")
        }
        return .code(secret)
    }

    /// A parameter as it came: `code`, `state`, `error`, `error_description` or `iss`. For whoever does not know the flow's
    /// provider; what is sent on is judged there.
    public func value(of name: String) -> String? { pairs.first { $0.name == name }?.value }
}
