// RequestChecker: what both vendors demand of a conversation, read from the bytes that go out.
//
// It knows nothing of the translation: it parses the body into a tree and lists what a vendor would refuse.

import JSON
import Translation

enum RequestChecker {
    static func faults(in body: [UInt8], _ dialect: Dialect) -> [String] {
        guard let root = body.withUnsafeBytes({ try? JSONValue(parsing: $0) }) else { return ["not JSON"] }
        guard let messages = root["messages"]?.elements, !messages.isEmpty else { return ["no messages"] }
        return duplicates(root, "") + (dialect == .anthropic ? anthropic(root, messages) : openAI(root, messages))
    }

    /// No object the gateway writes has a key twice; schemas and inputs are the client's.
    private static func duplicates(_ value: JSONValue, _ path: String) -> [String] {
        switch value {
        case .object(let members):
            let keys = members.map(\.key)
            let own = Set(keys).count == keys.count ? [] : ["duplicate key in \(path)"]
            let foreign: Set = ["input", "schema", "input_schema", "parameters", "cache_control"]
            return own
                + members.filter { !foreign.contains($0.key) }.flatMap { duplicates($0.value, path + "." + $0.key) }
        case .array(let values): return values.flatMap { duplicates($0, path) }
        default: return []
        }
    }

    private static func isLegal(_ text: String?, _ longest: Int) -> Bool {
        guard let text, (1...longest).contains(text.utf8.count) else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    }

    private static func isBlank(_ text: String?) -> Bool { (text ?? "").allSatisfy(\.isWhitespace) }

    // MARK: Anthropic

    private static func anthropic(_ root: JSONValue, _ messages: [JSONValue]) -> [String] {
        var faults: [String] = []
        if root["max_tokens"]?.integer == nil { faults.append("no max_tokens") }
        if messages[0]["role"]?.string != "user" { faults.append("does not begin with the user") }
        for (index, message) in messages.enumerated() {
            if index > 0, message["role"] == messages[index - 1]["role"] { faults.append("\(index): same role twice") }
            let blocks = message["content"]?.elements ?? []
            if blocks.isEmpty { faults.append("\(index): no content") }
            faults += blocks.flatMap { anthropicBlock($0, message["role"]?.string) }.map { "\(index): \($0)" }
            let types = blocks.map { $0["type"]?.string ?? "" }
            if let other = types.firstIndex(where: { $0 != "tool_result" }),
                types[other...].contains("tool_result")
            {
                faults.append("\(index): a result behind other blocks")
            }
        }
        for block in root["system"]?.elements ?? [] where isBlank(block["text"]?.string) {
            faults.append("blank system")
        }
        if let budget = root["thinking"]?["budget_tokens"]?.integer {
            if budget < 1024 || budget >= root["max_tokens"]?.integer ?? 0 { faults.append("budget \(budget)") }
            if root["temperature"] != nil { faults.append("temperature beside thinking") }
        }
        if root["tool_choice"] != nil, root["tools"] == nil { faults.append("tool_choice without tools") }
        return faults
    }

    private static func anthropicBlock(_ block: JSONValue, _ role: String?) -> [String] {
        switch block["type"]?.string {
        case "text": isBlank(block["text"]?.string) ? ["blank text"] : []
        case "tool_use":
            (isLegal(block["id"]?.string, 64) ? [] : ["id \(block["id"]?.string ?? "")"])
                + (isLegal(block["name"]?.string, 64) ? [] : ["name"])
                + (role == "assistant" ? [] : ["call by the user"])
                + (block["input"].map { if case .object = $0 { [] } else { ["input no object"] } } ?? ["no input"])
        case "tool_result":
            (isLegal(block["tool_use_id"]?.string, 64) ? [] : ["id"]) + (role == "user" ? [] : ["result by assistant"])
        case "thinking": block["signature"]?.string?.isEmpty == false ? [] : ["unsigned thinking"]
        case "redacted_thinking": block["data"]?.string?.isEmpty == false ? [] : ["no data"]
        case "image", "document": block["source"]?["type"] == nil ? ["no source"] : []
        default: ["type \(block["type"]?.string ?? "none")"]
        }
    }

    // MARK: OpenAI

    private static func openAI(_ root: JSONValue, _ messages: [JSONValue]) -> [String] {
        var faults: [String] = []
        var open: Set<String> = []
        for (index, message) in messages.enumerated() {
            let role = message["role"]?.string ?? ""
            if role == "system", index > 0 { faults.append("\(index): a second system message") }
            if role == "tool" {
                if open.remove(message["tool_call_id"]?.string ?? "") == nil {
                    faults.append("\(index): result of no call")
                }
                if message["content"]?.string == nil { faults.append("\(index): a result of parts") }
                continue
            }
            if !open.isEmpty { faults.append("\(index): \(role) before the results of \(open.sorted())") }
            open = []
            let calls = message["tool_calls"]?.elements ?? []
            for call in calls {
                if !isLegal(call["id"]?.string, 40) { faults.append("\(index): id") }
                if !isLegal(call["function"]?["name"]?.string, 64) { faults.append("\(index): name") }
                if call["function"]?["arguments"]?.string?.first != "{" { faults.append("\(index): arguments") }
                open.insert(call["id"]?.string ?? "")
            }
            if message["content"] == nil || message["content"] == .null && calls.isEmpty {
                faults.append("\(index): no content")
            }
        }
        if messages.last?["role"]?.string == "assistant" { faults.append("ends with the assistant") }
        if root["tool_choice"] != nil, root["tools"] == nil { faults.append("tool_choice without tools") }
        if root["parallel_tool_calls"] != nil, root["tools"] == nil {
            faults.append("parallel_tool_calls without tools")
        }
        return faults
    }
}
