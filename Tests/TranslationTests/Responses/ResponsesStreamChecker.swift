// ResponsesStreamChecker: the laws of a Responses stream (INV-R).
//
// For: every output of every test of this surface. It parses the output itself.
// Called by: fixtures, replays, fuzz.

import JSON

enum ResponsesStreamChecker {
    /// What is against the law in a finished stream, in words; empty when nothing is.
    ///
    /// Events are named by their type and numbered from 0 without a gap; `created` and `in_progress` come first; one item is open
    /// at a time, its place is its number; deltas add up to what `done` says and the item holds; every item that was added is
    /// done; exactly one of `completed`, `incomplete` and `failed` comes, last, and it repeats the items.
    static func violations(in stream: [UInt8]) -> [String] {
        var state = State()
        for event in NaiveEvent.all(in: stream) { state.take(event) }
        if !state.isEnded { state.violations.append("no end") }
        return state.violations
    }

    private struct Open {
        let index: Int64
        let id: String
        let type: String
        var said = ""
        var isPartOpen = false
        var whole: String?
    }

    private struct State {
        var violations: [String] = []
        var isEnded = false
        private var count: Int64 = 0
        private var open: Open?
        private var items: [JSONValue] = []
        private var id: String?

        mutating func take(_ event: NaiveEvent) {
            guard let json = event.json, let type = json["type"]?.string else {
                return violations.append("no JSON with a type: \(event)")
            }
            if event.name != type { violations.append("\(type) is named \(event.name)") }
            if json["sequence_number"]?.integer != count { violations.append("\(type) is not number \(count)") }
            if isEnded { violations.append("\(type) after the end") }
            let first = ["response.created", "response.in_progress"]
            if count < 2, type != first[Int(count)] { violations.append("\(type) as number \(count)") }
            if count >= 2, first.contains(type) { violations.append("\(type) again") }
            count += 1
            if let response = json["response"] {
                take(response, type)
            } else if type == "response.output_item.added" {
                begin(json)
            } else if type == "response.output_item.done" {
                end(json)
            } else {
                take(piece: json, type)
            }
        }

        private mutating func take(_ response: JSONValue, _ type: String) {
            let id = response["id"]?.string
            if self.id == nil { self.id = id }
            if id == nil || id != self.id { violations.append("\(type): another id") }
            let standing = count > 2 ? String(type.dropFirst("response.".count)) : "in_progress"
            if response["status"]?.string != standing {
                violations.append("\(type): status \(response["status"]?.string ?? "none")")
            }
            guard count > 2 else { return }
            isEnded = true
            if open != nil { violations.append("\(type) while an item is open") }
            if response["output"]?.elements != items { violations.append("\(type) has other items") }
            let isFailed = type == "response.failed"
            if (response["error"] ?? .null) != .null, !isFailed { violations.append("\(type) with an error") }
            if (response["usage"] ?? .null) == .null, !isFailed { violations.append("\(type) without usage") }
        }

        private mutating func begin(_ json: JSONValue) {
            if open != nil { violations.append("two items open") }
            let index = json["output_index"]?.integer ?? -1
            if index != Int64(items.count) { violations.append("item \(index) as number \(items.count)") }
            let item = json["item"]
            if item?["status"]?.string != "in_progress" {
                violations.append("item \(index) does not begin in progress")
            }
            if ResponsesStreamChecker.said(item) != "" { violations.append("item \(index) begins with something") }
            open = Open(index: index, id: item?["id"]?.string ?? "", type: item?["type"]?.string ?? "")
        }

        private mutating func end(_ json: JSONValue) {
            guard let open, let item = json["item"] else { return violations.append("done without an item") }
            self.open = nil
            items.append(item)
            if json["output_index"]?.integer != open.index || item["id"]?.string != open.id {
                violations.append("other item")
            }
            if item["type"]?.string != open.type { violations.append("item of another type") }
            if open.isPartOpen { violations.append("item \(open.index) done while its part is open") }
            if open.said != ResponsesStreamChecker.said(item) {
                violations.append("item \(open.index) says other things")
            }
            if open.whole ?? "" != open.said { violations.append("item \(open.index) was told otherwise") }
            let status = item["status"]?.string ?? ""
            if !["completed", "incomplete"].contains(status) { violations.append("item done with status \(status)") }
        }

        /// A part, a delta or a `done` of the open item.
        private mutating func take(piece json: JSONValue, _ type: String) {
            guard var item = open, json["item_id"]?.string == item.id, json["output_index"]?.integer == item.index
            else {
                return violations.append("\(type) of no open item")
            }
            defer { open = item }
            if type.hasSuffix("_part.added") {
                if item.isPartOpen { violations.append("two parts open") }
                item.isPartOpen = true
            } else if type.hasSuffix("_part.done") {
                if !item.isPartOpen || item.whole == nil { violations.append("\(type) before its text is done") }
                item.isPartOpen = false
            } else if type.hasSuffix(".delta") {
                let isCall = item.type.hasSuffix("_call")
                if item.isPartOpen == isCall || item.whole != nil { violations.append("\(type) outside its part") }
                item.said += json["delta"]?.string ?? ""
                if json["delta"]?.string?.isEmpty != false { violations.append("empty delta") }
            } else if type.hasSuffix(".done") {
                let whole = json["text"] ?? json["refusal"] ?? json["arguments"] ?? json["input"]
                item.whole = whole?.string
            } else {
                violations.append("unknown type \(type)")
            }
        }
    }

    /// What an item holds.
    private static func said(_ item: JSONValue?) -> String? {
        switch item?["type"]?.string {
        case "message":
            let parts = item?["content"]?.elements ?? []
            return parts.map { ($0["text"] ?? $0["refusal"])?.string ?? "" }.joined()
        case "reasoning": return (item?["summary"]?.elements ?? []).map { $0["text"]?.string ?? "" }.joined()
        case "function_call": return item?["arguments"]?.string
        case "custom_tool_call": return item?["input"]?.string
        default: return nil
        }
    }
}
