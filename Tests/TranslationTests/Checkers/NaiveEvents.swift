// NaiveEvents: an event stream read a second time, whole and as plainly as the standard can be written down.
//
// For: the checkers, which must not trust the parser they check.
// Called by: AnthropicStreamChecker, OpenAIStreamChecker, tests of SSEParser.

import JSON

/// An event as a client sees it.
struct NaiveEvent: Hashable, CustomStringConvertible {
    var name = ""
    var data = ""

    /// The data as JSON, `nil` when it is none.
    var json: JSONValue? { Array(data.utf8).withUnsafeBytes { try? JSONValue(parsing: $0) } }
    var description: String { "\(name)|\(data)" }

    /// Every dispatched event of a whole stream (WHATWG HTML 9.2.6). What stands after the last blank line is not one.
    static func all(in bytes: [UInt8]) -> [NaiveEvent] { read(bytes, withUnfinished: false) }

    /// As `all`, with the block that the end of the stream left without its blank line.
    static func allAndUnfinished(in bytes: [UInt8]) -> [NaiveEvent] { read(bytes, withUnfinished: true) }

    private static func read(_ bytes: [UInt8], withUnfinished: Bool) -> [NaiveEvent] {
        var events: [NaiveEvent] = []
        var event = NaiveEvent()
        var data: [String] = []
        func dispatch() {
            event.data = data.joined(separator: "\n")
            if !data.isEmpty { events.append(event) }
            event = NaiveEvent()
            data = []
        }
        for line in lines(of: bytes) {
            if line.isEmpty { dispatch() }
            if line.first == UInt8(ascii: ":") { continue }
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            var value = parts.count > 1 ? parts[1] : []
            if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
            switch parts.first.map({ String(decoding: $0, as: UTF8.self) }) {
            case "data": data.append(String(decoding: value, as: UTF8.self))
            case "event": event.name = String(decoding: value, as: UTF8.self)
            default: break
            }
        }
        if withUnfinished { dispatch() }
        return events
    }

    /// Lines without their ends; the last one only when something stands on it.
    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        var text = bytes[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var at = text.startIndex
        while at < text.endIndex {
            let byte = text[at]
            at += 1
            guard byte == 0x0A || byte == 0x0D else {
                line.append(byte)
                continue
            }
            if byte == 0x0D, at < text.endIndex, text[at] == 0x0A { at += 1 }
            lines.append(line)
            line = []
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
