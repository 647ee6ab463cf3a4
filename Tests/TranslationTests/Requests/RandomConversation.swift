// RandomConversation: conversations as clients hold them, made of a seed.
//
// For: the fuzz of request translations. Every call gets its result, texts may be empty, ids and names may be illegal.

import JSON
import Support
import Translation

enum RandomConversation {
    static let texts = ["", " \n", "Hi", "é\"\\\n", "A longer text.", "\u{1F600}"]
    static let names = ["look", "srv.look", "mcp__a__b", String(repeating: "n", count: 70)]

    static func body(_ client: Dialect, _ random: inout SeededRandom) -> [UInt8] {
        var number = 0
        var messages: [JSONValue] = []
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            messages += client == .anthropic ? anthropic(&number, &random) : openAI(&number, &random)
        }
        if client == .anthropic { messages.append(message("user", .string("So?"))) }
        let tools: [JSONValue] = Bool.random(using: &random) ? [tool(client)] : []
        var out: [UInt8] = []
        object(
            ("model", .string("m")), ("max_tokens", .integer(Int.random(in: 1...9000, using: &random))),
            ("messages", .array(messages)), ("tools", .array(tools)),
            client == .anthropic
                ? ("tool_choice", object(("type", .string("auto")), ("disable_parallel_tool_use", .boolean(true))))
                : ("parallel_tool_calls", .boolean(false)),
            ("temperature", .number("0.5")),
            client == .anthropic ? ("top_k", .integer(3)) : ("reasoning_effort", .string("low"))
        ).append(to: &out)
        return out
    }

    /// The user asks; the assistant answers or calls, and gets its results.
    private static func anthropic(_ number: inout Int, _ random: inout SeededRandom) -> [JSONValue] {
        let ask = message("user", .array((0...Int.random(in: 0...2, using: &random)).map { _ in text(&random) }))
        let ids = ids(&number, &random)
        let calls = ids.map {
            object(
                ("type", .string("tool_use")), ("id", .string($0)),
                ("name", .string(names.randomElement(using: &random)!)),
                ("input", object(("at", .integer(1)))))
        }
        let answer = message("assistant", .array([text(&random)] + calls))
        guard !ids.isEmpty else { return [ask, answer] }
        var results = ids.map {
            object(
                ("type", .string("tool_result")), ("tool_use_id", .string($0)),
                ("content", .string(texts.randomElement(using: &random)!)))
        }
        results.insert(text(&random), at: Int.random(in: 0...results.count, using: &random))
        return [ask, answer, message("user", .array(results)), message("assistant", .string("Seen."))]
    }

    private static func openAI(_ number: inout Int, _ random: inout SeededRandom) -> [JSONValue] {
        var turn = [message("user", .string(texts.randomElement(using: &random)!))]
        if Bool.random(using: &random) { turn.append(message("system", .string(texts.randomElement(using: &random)!))) }
        let ids = ids(&number, &random)
        let calls = ids.map {
            object(
                ("id", .string($0)), ("type", .string("function")),
                (
                    "function",
                    object(
                        ("name", .string(names.randomElement(using: &random)!)),
                        ("arguments", .string(["{}", "", "{\"at\":1}", "{\"at\""].randomElement(using: &random)!)))
                ))
        }
        var members: [(String, JSONValue)] = [
            ("role", .string("assistant")), ("content", .string(texts.randomElement(using: &random)!)),
        ]
        if !calls.isEmpty { members.append(("tool_calls", .array(calls))) }
        turn.append(.object(members.map { .init($0.0, $0.1) }))
        turn += ids.map {
            object(("role", .string("tool")), ("tool_call_id", .string($0)), ("content", .array([text(&random)])))
        }
        return turn
    }

    private static func ids(_ number: inout Int, _ random: inout SeededRandom) -> [String] {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in
            number += 1
            return ["call_\(number)", "functions.look:\(number)", String(repeating: "i", count: 90) + "\(number)"]
                .randomElement(using: &random)!
        }
    }

    private static func text(_ random: inout SeededRandom) -> JSONValue {
        object(("type", .string("text")), ("text", .string(texts.randomElement(using: &random)!)))
    }

    private static func tool(_ client: Dialect) -> JSONValue {
        client == .anthropic
            ? object(("name", .string("look")))
            : object(("type", .string("function")), ("function", object(("name", .string("look")))))
    }

    private static func message(_ role: String, _ content: JSONValue) -> JSONValue {
        object(("role", .string(role)), ("content", content))
    }

    private static func object(_ members: (String, JSONValue)...) -> JSONValue {
        .object(members.map { JSONValue.Member($0.0, $0.1) })
    }
}

extension RandomConversation {
    /// What remains of an Anthropic conversation when only roles, words, calls and results count: one line each.
    static func said(in body: [UInt8]) -> [String] {
        let root = body.withUnsafeBytes { try? JSONValue(parsing: $0) }
        var lines: [String] = []
        for message in root?["messages"]?.elements ?? [] {
            let role = message["role"]?.string ?? ""
            let content = message["content"]
            let blocks = content?.elements ?? [object(("type", .string("text")), ("text", content ?? .null))]
            // Results go first, calls last; texts between them are one.
            lines += blocks.filter { $0["type"]?.string == "tool_result" }.map {
                "result \(words($0["content"]))"
            }
            let text = blocks.map { words($0["text"]) }.joined()
            if !text.isEmpty, let last = lines.last, last.hasPrefix("\(role) ") {
                lines[lines.count - 1] = last + text
            } else if !text.isEmpty {
                lines.append("\(role) \(text)")
            }
            for block in blocks where block["type"]?.string == "tool_use" {
                lines.append("call of \((block["name"]?.string ?? "").utf8.count > 20)")
            }
        }
        return lines
    }

    /// Letters alone: blank lines between texts and placeholders are the gateway's.
    private static func words(_ value: JSONValue?) -> String {
        (value?.string ?? "").filter { !$0.isWhitespace && $0 != "." }
    }
}
