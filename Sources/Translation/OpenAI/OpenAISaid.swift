// OpenAISaid: what a delta or a message of OpenAI's shape says, in bytes.
//
// For: content counts of streams and of whole answers, whose messages have the same members.
// Refuses: what the scanner refuses. Unknown members are not counted.
// Called by: OpenAIChunk, OpenAICompletion.

import JSON

struct OpenAISaid {
    /// Bytes of text, reasoning, refusal, tool names and arguments.
    private(set) var bytes = 0
    /// Something was said, be it only the name of a tool.
    private(set) var anything = false

    /// Reads the delta or message that comes next.
    mutating func read(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        var reasoning = 0
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "content" || key == "refusal" {
                count(try Self.text(&scanner))
            } else if key == "reasoning_content" || key == "reasoning" {
                // Some servers send the same text under both names.
                reasoning = max(reasoning, try Self.text(&scanner))
            } else if key == "tool_calls" {
                try readCalls(&scanner)
            } else if key == "function_call" {
                try readFunction(&scanner)
            } else if key == "audio" {
                try readAudio(&scanner)
            } else {
                try scanner.skip()
            }
        }
        count(reasoning)
    }

    private mutating func count(_ more: Int) {
        bytes += more
        if more > 0 { anything = true }
    }

    /// The decoded length of a string, or of the `text` and `thinking` strings in an array of parts; 0 for anything else.
    private static func text(_ scanner: inout JSONScanner) throws(JSONFault) -> Int {
        switch try scanner.peek() {
        case .string: return try scanner.text().decodedCount
        case .array: return try parts(&scanner)
        default:
            try scanner.skip()
            return 0
        }
    }

    private static func parts(_ scanner: inout JSONScanner) throws(JSONFault) -> Int {
        var total = 0
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                if key == "text" || key == "thinking" {
                    total += try text(&scanner)
                } else {
                    try scanner.skip()
                }
            }
        }
        return total
    }

    private mutating func readCalls(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .array else {
            try scanner.skip()
            return
        }
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            anything = true
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                if key == "function" { try readFunction(&scanner) } else { try scanner.skip() }
            }
        }
    }

    private mutating func readFunction(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        anything = true
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "name" || key == "arguments" { count(try Self.text(&scanner)) } else { try scanner.skip() }
        }
    }

    private mutating func readAudio(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        anything = true
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "transcript" { count(try Self.text(&scanner)) } else { try scanner.skip() }
        }
    }
}
