// AnthropicStreamChecker: the laws of an Anthropic message stream (INV-A).
//
// For: every Anthropic output of every test.
// Called by: fixtures, replays, fuzz; later the translating machines.

import JSON

enum AnthropicStreamChecker {
    /// What is against the law in a finished stream, in words; empty when nothing is.
    ///
    /// One message_start, first; blocks open in order 0 … n-1, one at a time, each stopped once; no delta outside its block; at
    /// the end message_delta with a reason and message_stop, or an error, and nothing after it; names equal to types.
    static func violations(in stream: [UInt8]) -> [String] {
        var state = State()
        for event in NaiveEvent.all(in: stream) { state.take(event) }
        state.end()
        return state.violations
    }

    private struct State {
        var violations: [String] = []
        private var started = false
        private var nextBlock: Int64 = 0
        private var openBlock: Int64?
        private var hasReason = false
        private var isOver = false

        mutating func take(_ event: NaiveEvent) {
            guard let type = event.json?["type"]?.string, let json = event.json else {
                return violations.append("no type: \(event)")
            }
            if event.name != type { violations.append("named \(event.name) but of type \(type)") }
            if isOver { violations.append("\(type) after the end") }
            if !started, type != "message_start", type != "error" { violations.append("\(type) before message_start") }
            if hasReason, type != "message_stop", type != "ping" { violations.append("\(type) after message_delta") }
            switch type {
            case "message_start": start()
            case "content_block_start": open(json["index"]?.integer)
            case "content_block_delta": delta(json["index"]?.integer)
            case "content_block_stop": close(json["index"]?.integer)
            case "message_delta": messageDelta(json)
            case "message_stop": stop()
            case "error": isOver = true
            default: break
            }
        }

        private mutating func start() {
            if started { violations.append("a second message_start") }
            started = true
        }

        private mutating func open(_ index: Int64?) {
            if openBlock != nil { violations.append("a block opened inside another") }
            if index != nextBlock { violations.append("block \(index ?? -1) opened instead of \(nextBlock)") }
            openBlock = index
            nextBlock += 1
        }

        private mutating func delta(_ index: Int64?) {
            if index == nil || index != openBlock {
                violations.append("a delta for block \(index ?? -1), which is not open")
            }
        }

        private mutating func close(_ index: Int64?) {
            if index == nil || index != openBlock {
                violations.append("block \(index ?? -1) stopped, which is not open")
            }
            openBlock = nil
        }

        private mutating func messageDelta(_ json: JSONValue) {
            if openBlock != nil { violations.append("message_delta inside a block") }
            if json["delta"]?["stop_reason"]?.string != nil { hasReason = true }
        }

        private mutating func stop() {
            if !hasReason { violations.append("message_stop without a reason") }
            isOver = true
        }

        mutating func end() {
            if !isOver { violations.append("no end") }
        }
    }
}
