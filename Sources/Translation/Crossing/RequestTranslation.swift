// RequestTranslation: a request in the client's dialect, said in the upstream's.
//
// For: clients of one vendor's API on models of the other. What has no counterpart is refused, converted or left out and
//   named, by the table in docs/TRANSLATION.md.
// Refuses: see TranslationRefusal.
// Called by: gatewayd, for an attempt whose upstream speaks another dialect.

/// A request body for an upstream, and what its answer must be read with.
public struct TranslatedRequest: Sendable {
    /// The whole body.
    public let body: [UInt8]
    /// What was left out.
    public let dropped: DroppedFields
    /// Tool names that were changed.
    public let names: ToolNameMap
}

/// The translation of requests.
public enum RequestTranslation {
    /// Anthropic's limit for the messages of a request, which bounds what is kept per message here.
    static let mostMessages = 100_000
    /// Most messages and parts: the longest sessions of agents have some thousands. One costs about four microseconds of the
    /// loop that serves everybody else, so that a body of millions is not for here.
    static let mostObjects = 200_000
    /// Most tools; vendors take some hundreds.
    static let mostTools = 10_000

    /// `summary` was read from `body` in the client's dialect. The result asks for what the client asked, in the upstream's
    /// dialect.
    ///
    /// `upstream` must be the other dialect; within one, RequestRewrite keeps every byte.
    public static func translate(
        _ body: UnsafeRawBufferPointer, _ summary: RequestSummary, to upstream: Dialect, upstreamModel: String,
        traits: UpstreamTraits
    ) throws(TranslationRefusal) -> TranslatedRequest {
        precondition(upstream != summary.dialect, "requests within one dialect are rewritten, not translated")
        guard let value = BodyValue(body) else { throw TranslationRefusal("The body is not JSON.", field: nil) }
        guard summary.messages <= mostMessages else {
            throw .unsayable("messages", "at most \(mostMessages) messages can be translated.")
        }
        guard summary.objects <= mostObjects else {
            throw .unsayable("messages", "at most \(mostObjects) messages and parts can be translated.")
        }
        let fields = try value.fields("body")
        switch upstream {
        case .openai:
            var request = RequestForOpenAI(fields, summary, traits)
            return try request.translated(upstreamModel)
        case .anthropic:
            var request = RequestForAnthropic(fields, summary, traits)
            return try request.translated(upstreamModel)
        }
    }
}
