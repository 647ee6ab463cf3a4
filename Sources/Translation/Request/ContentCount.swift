// ContentCount: how much a model will read in messages and system, text and attachments kept apart.
//
// For: the admission estimate. Text is a few bytes a token; base64 data is priced by other rules and must not count as text.
// Refuses: what the scanner refuses. Unknown shapes count as text, so the count is never too small.
// Called by: RequestReader.

import JSON

struct ContentCount {
    var textBytes = 0
    var attachments = 0
    var attachmentBytes = 0
    /// Messages, and the objects within them.
    var objects = 0

    /// Counts the value that comes next: a message, a content part, a string or an array of them. Recursive; the scanner
    /// bounds the depth.
    mutating func count(_ scanner: inout JSONScanner) throws(JSONFault) {
        switch try scanner.peek() {
        case .string: textBytes += try scanner.text().spelling.count
        case .array:
            try scanner.enterArray()
            while try scanner.nextElement() { try count(&scanner) }
        case .object:
            objects += 1
            try scanner.enterObject()
            while let key = try scanner.nextMember() { try member(key, &scanner) }
        case .number, .boolean, .null: try scanner.skip()
        }
    }

    private mutating func member(_ key: JSONText, _ scanner: inout JSONScanner) throws(JSONFault) {
        if key == "content" || key == "text" {
            try count(&scanner)
        } else if key == "role" || key == "type" || key == "id" || key == "tool_use_id" || key == "tool_call_id"
            || key == "signature" || key == "cache_control"
        {
            try scanner.skip()
        } else if key == "source" {
            try source(&scanner)
        } else if key == "image_url" || key == "input_audio" || key == "file" {
            try attachment(&scanner)
        } else if key == "input" {
            // A tool call sent back: the model reads its keys and structure too.
            textBytes += try scanner.skip().count
        } else {
            try count(&scanner)
        }
    }

    /// Anthropic's `source`: `{type: base64|text|url|file|content, …}`. `data` is text only when the type says so.
    private mutating func source(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else { return try count(&scanner) }
        var dataBytes = 0
        var isText = false
        var isContent = false
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "type", try scanner.peek() == .string {
                let type = try scanner.text()
                isText = type == "text"
                isContent = type == "content"
            } else if key == "data" {
                dataBytes += try scanner.skip().count
            } else if key == "content" {
                try count(&scanner)
            } else {
                try scanner.skip()
            }
        }
        if isText {
            textBytes += dataBytes
        } else if !isContent {
            attachments += 1
            attachmentBytes += dataBytes
        }
    }

    /// OpenAI's `image_url`, `input_audio` and `file` parts: a string, or an object with the data in one of its members.
    private mutating func attachment(_ scanner: inout JSONScanner) throws(JSONFault) {
        attachments += 1
        guard try scanner.peek() == .object else { return try inlineData(&scanner) }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "url" || key == "data" || key == "file_data" {
                try inlineData(&scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    /// Counts the data the next value carries itself; a reference carries none.
    private mutating func inlineData(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .string else {
            try scanner.skip()
            return
        }
        let spelling = try scanner.text().spelling
        if spelling.starts(with: "http".utf8) { return }
        if Self.isTextURI(spelling) { textBytes += spelling.count } else { attachmentBytes += spelling.count }
    }

    /// Whether a data URI holds what a model reads as text: all but the kinds that vendors price by other rules.
    private static func isTextURI(_ spelling: UnsafeRawBufferPointer) -> Bool {
        let head = spelling.prefix(32).filter { $0 != UInt8(ascii: "\\") }.map { $0 | 0x20 }
        let others = ["data:image/", "data:audio/", "data:video/", "data:application/pdf"]
        return head.starts(with: "data:".utf8) && !others.contains { head.starts(with: $0.utf8) }
    }
}
