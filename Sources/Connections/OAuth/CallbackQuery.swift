// CallbackQuery: what a user's browser brings back from the provider (RFC 6749 §4.1.2, RFC 9207).
//
// For: gatewayd, which takes it from the browser (CallbackQuery); tokend, which knows the flow and judges it (CallbackAnswer).
// Refuses: parameters given twice (RFC 6749 §3.1), codes that could not be sent, an issuer that is another than the
// provider's.
// Called by: gatewayd's callback; tokend's connectFinish.

/// A callback.
public struct CallbackQuery: Sendable {
    /// The longest query that is read; codes have up to 2,000 characters.
    public static let longest = 8192
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

    /// A parameter as it came: `code`, `state`, `error`, `error_description` or `iss`. For whoever does not know the flow's
    /// provider; what is sent on is judged there.
    public func value(of name: String) -> String? { pairs.first { $0.name == name }?.value }
}

/// What a callback says beside its state.
public struct CallbackAnswer: Sendable {
    private let code: SecretText
    private let error: String
    private let issuer: String

    /// The longest code, in bytes.
    static let longestCode = 4096

    /// `error` and `issuer` are empty where the callback has none.
    public init(code: SecretText, error: String, issuer: String) {
        (self.code, self.error, self.issuer) = (code, error, issuer)
    }

    /// The code for the token endpoint of `oauth`, at which the flow was begun.
    public func code(from oauth: OAuthDefinition) throws(CallbackFault) -> SecretText {
        // RFC 9207 §2.4: compared before anything else of the answer is used, also in errors.
        if let expected = oauth.issuer {
            let claimed = issuer.isEmpty && !oauth.requiresIssuer ? expected : issuer
            guard claimed == expected else { throw .otherIssuer(expected: expected) }
        }
        guard error.isEmpty else { throw .denied(Excerpt.of(error.utf8)) }
        guard code.isSendable, code.bytes.count <= Self.longestCode else { throw .codeMalformed }
        return code
    }
}

/// Why a callback brings no code.
public enum CallbackFault: Error, Hashable, Sendable {
    case otherIssuer(expected: String)
    /// The user or the provider said no; in these words.
    case denied(String)
    case codeMalformed

    /// A sentence for people.
    public var text: String {
        switch self {
        case .otherIssuer(let expected): "the answer comes from another issuer than \(expected)"
        case .denied(let words): "the provider said: \(words)"
        case .codeMalformed: "the code is empty, too long or not printable ASCII"
        }
    }
}
