// ResponseFrames: the events of a response's stream, as bytes.
//
// For: ResponseEvents, so that its rules stand without JSON between them.
// Refuses: nothing; texts come spelled for a JSON string.
// Called by: ResponseEvents.

/// Numbers the events it writes, from 0 (INV-R).
struct ResponseFrames {
    private let suffix: [UInt8]
    private var sequence = 0

    init(suffix: [UInt8]) { self.suffix = suffix }

    /// One event; `members` writes what stands behind its number, comma first.
    private mutating func event(_ type: StaticString, _ out: inout [UInt8], _ members: (inout [UInt8]) -> Void) {
        out.put("event: response.")
        out.put(type)
        out.put("\ndata: {\"type\":\"response.")
        out.put(type)
        out.put("\",\"sequence_number\":")
        out.put(sequence)
        members(&out)
        out.put("}\n\n")
        sequence += 1
    }

    /// `created`, `in_progress`, `completed`, `incomplete` or `failed`.
    mutating func response(_ type: StaticString, _ out: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        event(type, &out) {
            $0.put(#","response":"#)
            body(&$0)
        }
    }

    /// The item begins or, once it has ended, is done.
    mutating func item(_ item: ResponseItem, _ index: Int, _ out: inout [UInt8]) {
        let suffix = suffix
        event(item.status == .inProgress ? "output_item.added" : "output_item.done", &out) {
            $0.put(#","output_index":"#)
            $0.put(index)
            $0.put(#","item":"#)
            item.append(suffix, index, to: &$0)
        }
    }

    /// `,"item_id":…,"output_index":…` and, for texts, the index within the item.
    private static func place(_ item: ResponseItem, _ index: Int, _ suffix: [UInt8], _ out: inout [UInt8]) {
        out.put(#","item_id":""#)
        item.appendID(suffix, index, to: &out)
        out.put(#"","output_index":"#)
        out.put(index)
        switch item.kind {
        case .text, .refusal: out.put(#","content_index":0"#)
        case .reasoning: out.put(#","summary_index":0"#)
        case .function, .custom: break
        }
    }

    /// The part of a message or of reasoning begins or is done; calls have none.
    mutating func part(_ item: ResponseItem, _ index: Int, isDone: Bool, _ out: inout [UInt8]) {
        guard !item.isCall else { return }
        let suffix = suffix
        let type: StaticString =
            item.kind == .reasoning
            ? (isDone ? "reasoning_summary_part.done" : "reasoning_summary_part.added")
            : (isDone ? "content_part.done" : "content_part.added")
        event(type, &out) {
            Self.place(item, index, suffix, &$0)
            $0.put(#","part":"#)
            item.appendPart(isDone ? item.text : [], to: &$0)
        }
    }

    /// A piece of what the item says.
    @inline(__always)
    mutating func delta(_ item: ResponseItem, _ index: Int, from start: Int, _ out: inout [UInt8]) {
        let suffix = suffix
        event(Self.deltaType(item.kind), &out) {
            Self.place(item, index, suffix, &$0)
            $0.put(#","delta":""#)
            $0.append(contentsOf: item.text[start...])
            $0.put(item.kind == .text ? #"","logprobs":[]"# : "\"")
        }
    }

    private static func deltaType(_ kind: ResponseItem.Kind) -> StaticString {
        switch kind {
        case .text: "output_text.delta"
        case .refusal: "refusal.delta"
        case .reasoning: "reasoning_summary_text.delta"
        case .function: "function_call_arguments.delta"
        case .custom: "custom_tool_call_input.delta"
        }
    }

    /// Everything the item said.
    mutating func whole(_ item: ResponseItem, _ index: Int, _ out: inout [UInt8]) {
        let suffix = suffix
        let (type, member) = Self.wholeType(item.kind)
        event(type, &out) {
            Self.place(item, index, suffix, &$0)
            if item.kind == .function {
                $0.put(#","name":""#)
                $0.append(contentsOf: item.name)
                $0.put("\"")
            }
            $0.put(",\"")
            $0.put(member)
            $0.put("\":\"")
            $0.append(contentsOf: item.text)
            $0.put(item.kind == .text ? #"","logprobs":[]"# : "\"")
        }
    }

    private static func wholeType(_ kind: ResponseItem.Kind) -> (StaticString, StaticString) {
        switch kind {
        case .text: ("output_text.done", "text")
        case .refusal: ("refusal.done", "refusal")
        case .reasoning: ("reasoning_summary_text.done", "text")
        case .function: ("function_call_arguments.done", "arguments")
        case .custom: ("custom_tool_call_input.done", "input")
        }
    }
}
