// ReasoningEntry: one entry of `reasoning_details` in a chat answer.
//
// For: Y-08, Y-09: thinking with its signature, and thinking that came encrypted.
// Refuses: nothing; entries of other shapes say nothing.
// Called by: ResponseItems.

import JSON

/// Valid while the bytes it was read from are.
struct ReasoningEntry {
    /// The number of the block of thinking it belongs to.
    private(set) var index: Int64?
    private(set) var text: JSONText?
    private(set) var signature: JSONText?
    private(set) var data: JSONText?
    private(set) var id: JSONText?
    private(set) var format: JSONText?

    /// The entries that the choice which comes next has in its member `speech`. The caller's scanner stays where it is.
    static func all(_ scanner: JSONScanner, speech: StaticString) throws(JSONFault) -> [ReasoningEntry] {
        var scanner = scanner
        var entries: [ReasoningEntry] = []
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            guard key == speech, try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                guard key == "reasoning_details", try scanner.peek() == .array else {
                    try scanner.skip()
                    continue
                }
                try scanner.enterArray()
                while try scanner.nextElement() {
                    if let entry = try ReasoningEntry(&scanner) { entries.append(entry) }
                }
            }
        }
        return entries
    }

    private init?(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return nil
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "index", try scanner.peek() == .number {
                if case .exact(let value) = try scanner.number().integer { index = value }
            } else if key == "text" || key == "summary" {
                text = try Self.said(&scanner) ?? text
            } else if key == "signature" {
                signature = try Self.said(&scanner)
            } else if key == "data" {
                data = try Self.said(&scanner)
            } else if key == "id" {
                id = try Self.said(&scanner)
            } else if key == "format" {
                format = try Self.said(&scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    private static func said(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONText? {
        guard let text = try scanner.textOrSkip(), !text.isEmpty else { return nil }
        return text
    }
}
