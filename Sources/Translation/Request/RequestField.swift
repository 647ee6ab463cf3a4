// RequestField: the members of a request body the gateway acts on. Each may stand once.
//
// For: RequestReader.
// Refuses: nothing; every other key is `nil` and stays untouched.
// Called by: RequestReader.

import JSON

enum RequestField: UInt8, CaseIterable {
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

    /// The field that `key` would be to a reader that folds case, though it is not spelled so. Go folds as Unicode does, which
    /// makes `ſ` an `s` and the Kelvin sign a `k`.
    init?(foldingCaseOf key: JSONText) {
        guard key.isEscaped || key.spelling.contains(where: { $0 < 0x61 && $0 >= 0x41 || $0 >= 0x80 }) else {
            return nil
        }
        let folded = key.repairedString.unicodeScalars.map {
            $0 == "\u{17F}" ? "s" : $0 == "\u{212A}" ? "k" : $0.properties.lowercaseMapping
        }
        let name = folded.joined()
        guard name != key.repairedString, let field = Self.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = field
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
