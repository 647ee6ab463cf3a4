// ResponsesRequest: a request of OpenAI's Responses API, said as a chat completion.
//
// For: `POST /v1/responses`. Chat completions is the pivot: what comes out is admitted, routed and translated as any other chat
//   request is. What has no counterpart is refused, converted or left out and named, by the table in docs/TRANSLATION.md.
// Refuses: see TranslationRefusal; everything that would need stored responses, since nothing is stored (Y-14 and the table).
// Called by: gatewayd, once before admission and once more for an upstream whose traits differ from the usual.

import JSON

/// A Responses request as a chat request, and what its answer must be made with.
public struct ChatRequest: Sendable {
    /// The whole body. One that asks for a stream asks for usage, too.
    public let body: [UInt8]
    /// What was left out.
    public let dropped: DroppedFields
    /// For the answer.
    public let context: ResponsesContext
}

/// The translation of Responses requests.
public enum ResponsesRequest {
    /// `body` as a chat request.
    ///
    /// Without `traits` it is one for admission and for an upstream of Anthropic's dialect: earlier reasoning goes along where
    /// it is signed. With them it is for that upstream of OpenAI's dialect: its name of the output limit, its way of reading
    /// earlier reasoning again, and `stream_options` only if it takes them.
    public static func chatBody(
        _ body: UnsafeRawBufferPointer, traits: UpstreamTraits? = nil
    ) throws(TranslationRefusal) -> ChatRequest {
        var scanner = JSONScanner(body)
        do {
            try scanner.skip()
            try scanner.finish()
        } catch {
            throw TranslationRefusal(RequestRefusal.notJSON(error).message, field: nil)
        }
        guard let value = BodyValue(body), value.kind == .object else {
            throw TranslationRefusal(RequestRefusal.notAnObject.message, field: nil)
        }
        var request = ChatFromResponses(try value.fields("body"), traits)
        return try request.written()
    }
}
