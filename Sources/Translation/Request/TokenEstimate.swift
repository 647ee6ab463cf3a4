// TokenEstimate: how many input tokens a request has, roughly, without asking anybody.
//
// For: count_tokens where the upstream has no such question, and the input count at the head of a translated stream.
//   It is no bound: holds are sized by Routing's Estimate, which takes two bytes a token to be on the safe side.
// Refuses: nothing; the same request gives the same number, at least 1.
// Called by: gatewayd.

/// The estimate of input tokens.
public enum TokenEstimate {
    /// Bytes of text a token, in tenths: between English prose (40) and code or JSON (25 to 30).
    static let textBytesPerTokenTenths: Int64 = 35
    /// A picture at the size at which Anthropic stops scaling down costs about 1,600 tokens (width × height ÷ 750).
    static let tokensPerAttachment: Int64 = 1600
    /// Encoded bytes a token beside that: a page of a PDF has some tens of kilobytes, a screenshot some hundreds.
    static let attachmentBytesPerToken: Int64 = 100
    /// Role and brackets of a message.
    static let tokensPerMessage: Int64 = 4
    /// What Anthropic documents as the system prompt that comes with tools (346 for tool_choice auto).
    static let tokensForTools: Int64 = 346

    /// Text ÷ 3.5, 1,600 for each attachment and one for 100 of its encoded bytes, 4 for each message, 346 if there are
    /// tools; each division rounded up.
    public static func inputTokens(of request: RequestSummary) -> Int64 {
        let text = (Int64(request.textBytes) * 10 + textBytesPerTokenTenths - 1) / textBytesPerTokenTenths
        let attached = (Int64(request.attachmentBytes) + attachmentBytesPerToken - 1) / attachmentBytesPerToken
        let parts =
            Int64(request.attachments) * tokensPerAttachment + Int64(request.messages) * tokensPerMessage
            + (request.hasTools ? tokensForTools : 0)
        return max(1, text + attached + parts)
    }
}
