// RequestField: the members of a request body the gateway acts on. Each may stand once.
//
// For: RequestReader.
// Refuses: nothing; every other key is `nil` and stays untouched.
// Called by: RequestReader.

import JSON

enum RequestField: UInt8 {
    case model, stream, messages, tools, maxTokens
    case system, outputConfig, outputFormat
    case maxCompletionTokens, choices, streamOptions, functions, responseFormat

    /// The field of `key` in that dialect.
    @inline(__always)
    init?(_ key: JSONText, _ dialect: Dialect) {
        if key == "messages" {
            self = .messages
        } else if key == "model" {
            self = .model
        } else if key == "stream" {
            self = .stream
        } else if key == "tools" {
            self = .tools
        } else if key == "max_tokens" {
            self = .maxTokens
        } else if let field = dialect == .anthropic ? Self.anthropicOnly(key) : Self.openAIOnly(key) {
            self = field
        } else {
            return nil
        }
    }

    private static func anthropicOnly(_ key: JSONText) -> RequestField? {
        if key == "system" { return .system }
        if key == "output_config" { return .outputConfig }
        if key == "output_format" { return .outputFormat }
        return nil
    }

    private static func openAIOnly(_ key: JSONText) -> RequestField? {
        if key == "n" { return .choices }
        if key == "functions" { return .functions }
        if key == "stream_options" { return .streamOptions }
        if key == "response_format" { return .responseFormat }
        if key == "max_completion_tokens" { return .maxCompletionTokens }
        return nil
    }

    /// The key, for messages to clients.
    var name: String {
        switch self {
        case .model: "model"
        case .stream: "stream"
        case .messages: "messages"
        case .tools: "tools"
        case .maxTokens: "max_tokens"
        case .system: "system"
        case .outputConfig: "output_config"
        case .outputFormat: "output_format"
        case .maxCompletionTokens: "max_completion_tokens"
        case .choices: "n"
        case .streamOptions: "stream_options"
        case .functions: "functions"
        case .responseFormat: "response_format"
        }
    }
}
