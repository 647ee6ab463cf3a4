// OpenAIStreamChecker: the laws of an OpenAI chat completion stream (INV-O).
//
// For: every OpenAI output of every test.
// Called by: fixtures, replays, fuzz; later the translating machines.

import JSON

enum OpenAIStreamChecker {
    /// What is against the law in a finished stream, in words; empty when nothing is.
    ///
    /// One id, created and model throughout; each choice's first delta has the role, each choice one reason; tools numbered from
    /// 0, id and name once each; a usage chunk only where `usageAsked`; `[DONE]` last and only after success; nothing after an error.
    static func violations(in stream: [UInt8], usageAsked: Bool) -> [String] {
        var state = State(usageAsked: usageAsked)
        for event in NaiveEvent.all(in: stream) { state.take(event) }
        state.end()
        return state.violations
    }

    private struct Choice {
        var hasRole = false
        var reasons = 0
        var tools: Set<Int64> = []
    }

    private struct State {
        let usageAsked: Bool
        var violations: [String] = []
        private var envelope: [String: JSONValue] = [:]
        private var choices: [Int64: Choice] = [:]
        private var isDone = false
        private var hasError = false

        init(usageAsked: Bool) { self.usageAsked = usageAsked }

        mutating func take(_ event: NaiveEvent) {
            if isDone || hasError { violations.append("after the end: \(event)") }
            if event.data == "[DONE]" { return isDone = true }
            guard let json = event.json else { return violations.append("no JSON: \(event)") }
            if let error = json["error"], error != .null { return hasError = true }
            for key in ["id", "created", "model"] { same(key, json[key]) }
            let parts = json["choices"]?.elements ?? []
            if parts.isEmpty, let usage = json["usage"], usage != .null, !usageAsked {
                violations.append("a usage chunk nobody asked for")
            }
            for part in parts { take(choice: part) }
        }

        private mutating func same(_ key: String, _ value: JSONValue?) {
            guard let value else { return }
            if let first = envelope[key], first != value { violations.append("\(key) changed") }
            envelope[key] = value
        }

        private mutating func take(choice json: JSONValue) {
            let index = json["index"]?.integer ?? -1
            var choice = choices[index] ?? Choice()
            if !choice.hasRole, json["delta"]?["role"]?.string == nil, choices[index] == nil, index == 0 {
                violations.append("the first delta of choice \(index) has no role")
            }
            choice.hasRole = true
            if let reason = json["finish_reason"], reason != .null { choice.reasons += 1 }
            for tool in json["delta"]?["tool_calls"]?.elements ?? [] { take(tool: tool, in: &choice) }
            choices[index] = choice
        }

        private mutating func take(tool json: JSONValue, in choice: inout Choice) {
            guard let index = json["index"]?.integer else { return violations.append("a tool without an index") }
            let isNew = choice.tools.insert(index).inserted
            if isNew, index != choice.tools.count - 1 { violations.append("tool \(index) out of order") }
            if isNew != (json["id"]?.string != nil) { violations.append("tool \(index): id not exactly once") }
            if isNew != (json["function"]?["name"]?.string != nil) {
                violations.append("tool \(index): name not exactly once")
            }
        }

        mutating func end() {
            if isDone == hasError { violations.append("no end, or two") }
            for (index, choice) in choices where isDone && choice.reasons != 1 {
                violations.append("choice \(index) has \(choice.reasons) reasons")
            }
        }
    }
}
