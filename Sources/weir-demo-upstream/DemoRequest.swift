// DemoRequest: what a client asks for, as far as the demo cares.
//
// For: both dialects' request bodies.
// Refuses: bodies without a model, messages or (Anthropic) max_tokens, as the vendors do, and more than one choice.
// Called by: DemoHandler.

import JSON

/// The two dialects on the wire.
enum Dialect: CaseIterable {
    case anthropic
    case openai
}

/// One request for an answer.
struct DemoRequest: Equatable {
    /// The request was understood, and is wrong.
    struct Refusal: Error, Equatable { let message: String }

    let dialect: Dialect
    let model: String
    let isStream: Bool
    /// OpenAI's stream_options.include_usage; Anthropic's streams always tell.
    let includesUsage: Bool
    let maxTokens: Int64?
    /// What the last message of the user says.
    let words: String
    /// The bytes of all text in the messages and the system prompt.
    let textBytes: Int

    init(_ body: JSONValue, _ dialect: Dialect) throws(Refusal) {
        guard let model = body["model"]?.string, !model.isEmpty else { throw Refusal(message: "model: required") }
        guard let messages = body["messages"]?.elements, !messages.isEmpty else {
            throw Refusal(message: "messages: at least one is required")
        }
        self.dialect = dialect
        self.model = model
        isStream = body["stream"]?.boolean ?? false
        includesUsage = dialect == .anthropic || body["stream_options"]?["include_usage"]?.boolean == true
        maxTokens = try Self.limit(body, dialect)
        words = Self.text(messages.last { $0["role"]?.string == "user" }?["content"])
        textBytes = messages.reduce(Self.text(body["system"]).utf8.count) { $0 + Self.text($1["content"]).utf8.count }
        if let choices = body["n"]?.integer, choices != 1 { throw Refusal(message: "n: the demo gives one choice") }
    }

    private static func limit(_ body: JSONValue, _ dialect: Dialect) throws(Refusal) -> Int64? {
        let limit = body["max_completion_tokens"]?.integer ?? body["max_tokens"]?.integer
        if let limit, limit < 1 { throw Refusal(message: "max_tokens: at least 1") }
        if limit == nil, dialect == .anthropic { throw Refusal(message: "max_tokens: required") }
        return limit
    }

    /// Text of a message's content: a string, or the text parts of an array.
    private static func text(_ content: JSONValue?) -> String {
        if let text = content?.string { return text }
        return (content?.elements ?? []).compactMap { $0["text"]?.string }.joined(separator: " ")
    }
}
