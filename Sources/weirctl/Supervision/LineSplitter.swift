// LineSplitter: bytes of a child's output as lines, however they were cut.
//
// For: putting a child's name before each of its lines.
// Refuses: lines longer than `longest`, which are handed out in pieces, so that a child cannot make us hold its output.
// Called by: SupervisorLoop.

/// Collects bytes and hands out whole lines.
struct LineSplitter {
    /// Eight times the longest line our daemons log.
    static let longest = 64 << 10

    private var rest: [UInt8] = []

    /// The lines that `bytes` complete, without their line feeds.
    mutating func lines(adding bytes: some Collection<UInt8>) -> [String] {
        rest.append(contentsOf: bytes)
        var lines: [String] = []
        var start = rest.startIndex
        while let end = Self.endOfLine(rest[start...]) {
            lines.append(String(decoding: rest[start..<end], as: UTF8.self))
            start = end < rest.endIndex && rest[end] == UInt8(ascii: "\n") ? end + 1 : end
        }
        rest.removeSubrange(..<start)
        return lines
    }

    /// What is left when the output ended: a line without its line feed, if any.
    mutating func last() -> String? {
        defer { rest = [] }
        return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
    }

    private static func endOfLine(_ bytes: ArraySlice<UInt8>) -> Int? {
        let window = bytes.prefix(longest)
        if let feed = window.firstIndex(of: UInt8(ascii: "\n")) { return feed }
        return window.count == longest ? window.endIndex : nil
    }
}
