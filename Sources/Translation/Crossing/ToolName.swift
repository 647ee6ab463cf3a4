// ToolName: the name a tool goes by upstream.
//
// For: names with dots or beyond 64 bytes, which OpenAI and Anthropic refuse.
// Refuses: nothing; what it changes is noted, so that the answer bears the client's name again.
// Called by: RequestForOpenAI, RequestForAnthropic.

import JSON

enum ToolName {
    /// What OpenAI takes; Anthropic takes as much or more, and one limit gives a tool one name everywhere.
    static let longest = 64

    /// The name to send; `names` remembers a change.
    static func sent(_ name: JSONText, _ names: inout ToolNameMap) -> String {
        var original: [UInt8] = []
        name.decode(into: &original)
        let legal = WireName.legal(original, longest: longest)
        if legal != original { names.note(legal, for: original) }
        return String(decoding: legal, as: UTF8.self)
    }
}
