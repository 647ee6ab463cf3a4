// TranslationRefusal: why a request cannot be put into the other dialect.
//
// For: a 400 in the client's dialect. What would be lost and cannot be left out is refused, never dropped in silence.
// Refuses: nothing itself.
// Called by: the request translations; gatewayd makes an ErrorBody of it.

/// What in a request the chosen upstream's dialect cannot say.
public struct TranslationRefusal: Error, Hashable, Sendable {
    /// A sentence for the client, with the path of the field.
    public let message: String
    /// The path of the field, such as `messages.3.content.1.source`.
    public let field: String?

    init(_ message: String, field: String?) {
        self.message = message
        self.field = field
    }

    static func wrongType(_ path: String, expected: String) -> TranslationRefusal {
        TranslationRefusal("\(path): must be \(expected).", field: path)
    }

    static func missing(_ path: String) -> TranslationRefusal {
        TranslationRefusal("\(path): this field is required.", field: path)
    }

    /// `reason` completes a sentence that begins with the path.
    static func unsayable(_ path: String, _ reason: String) -> TranslationRefusal {
        TranslationRefusal("\(path): \(reason)", field: path)
    }
}

extension ErrorBody {
    /// The answer to a request that cannot be translated.
    public init(_ refusal: TranslationRefusal) {
        self.init(.invalidRequest, refusal.message, param: refusal.field)
    }
}
