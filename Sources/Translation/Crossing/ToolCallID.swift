// ToolCallID: the id a tool call goes by upstream, on the call and on its result.
//
// For: ids of one vendor that another refuses (`functions.web:0`, 200 bytes), which would make a conversation unsendable for
//   ever; and thought signatures, which an Anthropic client carries inside the id (see SignedCallID).
// Refuses: nothing.
// Called by: RequestForOpenAI, RequestForAnthropic.

import JSON

struct ToolCallID {
    /// OpenAI refuses ids of tool calls beyond 40 bytes in chat completions.
    static let longestForOpenAI = 40
    /// Anthropic names no limit; 64 is what its own ids and everybody else's stay below.
    static let longestForAnthropic = 64

    /// The id to send.
    let id: String
    /// The thought signature that travelled in the client's id.
    let signature: [UInt8]?

    init(_ text: JSONText, for upstream: Dialect) {
        var original: [UInt8] = []
        text.decode(into: &original)
        signature = upstream == .openai ? Self.splitSignature(&original) : nil
        let longest = upstream == .openai ? Self.longestForOpenAI : Self.longestForAnthropic
        id = String(decoding: WireName.legal(original, longest: longest), as: UTF8.self)
    }

    /// `<id>~ts~<base64url>`: takes the tail off and decodes it.
    private static func splitSignature(_ id: inout [UInt8]) -> [UInt8]? {
        let mark = Array("~ts~".utf8)
        guard id.count > mark.count,
            let start = (1...id.count - mark.count).last(where: { id[$0..<$0 + mark.count].elementsEqual(mark) }),
            let signature = Base64.decoded(id[(start + mark.count)...])
        else { return nil }
        id.removeSubrange(start...)
        return signature.isEmpty ? nil : signature
    }
}
