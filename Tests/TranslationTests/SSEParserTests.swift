// SSEParser: against the standard read naively, over random streams and cuts; and its limits.

import JSON
import Support
import Testing

@testable import Translation

/// Collects what a parser hands on.
struct CollectingSink: SSESink {
    var events: [NaiveEvent] = []
    var raw: [UInt8] = []
    var unterminated = 0
    /// Stops after this many blocks.
    var wanted = Int.max

    mutating func receive(_ event: SSEEvent) -> Bool {
        raw += event.raw
        if event.hasData {
            let name = String(decoding: event.name, as: UTF8.self)
            events.append(NaiveEvent(name: name, data: String(decoding: event.data, as: UTF8.self)))
        }
        if !event.isTerminated { unterminated += 1 }
        wanted -= 1
        return wanted > 0
    }

    mutating func receiveLateLineFeed() { raw.append(UInt8(ascii: "\n")) }
}

@Suite struct SSEParserTests {
    private static let pieces = [
        "data: {\"a\":1}", "data:x", "data:  two", "data", "data:", "event: ping", "event:x", "event", "event:",
        ": comment", ":",
        "id: 7", "retry: 10", "dat: no", "datas: no", "events: no", " data: no", "é😀", "data: é😀", "\n", "\r\n", "\r",
        "\n", "\n\n",
        "\r\n\r\n", "\r\r", "\u{FEFF}", "\u{FFFD}", "\u{FEC0}",
        "data: {\"long\":\"0123456789012345678901234567890123456789\"}",
    ]

    private static func randomStream(_ random: inout SeededRandom) -> [UInt8] {
        // The byte order mark, and characters that begin like it.
        var text = ["\u{FEFF}", "\u{FFFD}", "\u{FEC0}", "", "", "", "", ""].randomElement(using: &random) ?? ""
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            text += pieces.randomElement(using: &random)!
            if Bool.random(using: &random) { text += "\n" }
        }
        return Array(text.utf8)
    }

    private static func parse(_ stream: [UInt8], cuts: [Int]) throws -> CollectingSink {
        var parser = SSEParser()
        var sink = CollectingSink()
        var from = 0
        for cut in cuts + [stream.count] {
            try stream[from..<cut].withUnsafeBytes { try parser.feed($0, to: &sink) }
            from = cut
        }
        parser.end(to: &sink)
        return sink
    }

    @Test func agreesWithTheStandardReadNaively() throws {
        var random = SeededRandom.forTest()
        for round in 0..<20_000 {
            let stream = Self.randomStream(&random)
            let cuts = Replay.randomCuts(stream.count, &random)
            let expected = NaiveEvent.allAndUnfinished(in: stream)
            for way in [[], cuts, Array(0..<stream.count)] {
                let sink = try Self.parse(stream, cuts: way)
                #expect(sink.events == expected, "seed \(random.seed) round \(round) cuts \(way)")
            }
        }
    }

    /// What is handed on is every byte from the start, but the mark, and but a rest without data.
    @Test func losesNoByte() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<5_000 {
            let stream = Self.randomStream(&random)
            let text = stream.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(stream.dropFirst(3)) : stream
            let sink = try Self.parse(stream, cuts: Replay.randomCuts(stream.count, &random))
            #expect(text.starts(with: sink.raw), "seed \(random.seed)")
            let rest = Array("\n".utf8) + text.dropFirst(sink.raw.count)  // a mark counts at the start only
            #expect(NaiveEvent.allAndUnfinished(in: rest) == [], "seed \(random.seed)")
        }
    }

    @Test func handsOnAnEventAtItsCarriageReturn() throws {
        var parser = SSEParser()
        var sink = CollectingSink()
        try Array("data: x\r\r".utf8).withUnsafeBytes { try parser.feed($0, to: &sink) }
        #expect(sink.events == [NaiveEvent(data: "x")])
    }

    @Test func wantsNothingAfterTheSinkHasEnough() throws {
        var parser = SSEParser()
        var sink = CollectingSink(wanted: 2)
        try Array("data: 1\n\ndata: 2\n\ndata: 3\n\n".utf8).withUnsafeBytes { try parser.feed($0, to: &sink) }
        try Array("data: 4\n\n".utf8).withUnsafeBytes { try parser.feed($0, to: &sink) }
        parser.end(to: &sink)
        #expect(sink.events.map(\.data) == ["1", "2"])
    }

    @Test(arguments: [1, 7, 64 << 10, 16 << 20])
    func refusesALineBeyondItsLimit(_ piece: Int) {
        let longest =
            Array("data: ".utf8) + [UInt8](repeating: 0x78, count: SSEParser.longestLine - 6) + Array("\n\n".utf8)
        #expect(Self.fault(longest, piece) == nil)
        let tooLong =
            Array("data: ".utf8) + [UInt8](repeating: 0x78, count: SSEParser.longestLine - 5) + Array("\n\n".utf8)
        #expect(Self.fault(tooLong, piece) == .lineTooLong)
        #expect(Self.fault([UInt8](repeating: 0x78, count: 2 << 20), piece) == .lineTooLong)
    }

    @Test(arguments: [64 << 10, 16 << 20])
    func refusesAnEventBeyondItsLimit(_ piece: Int) {
        let line = Array("data: ".utf8) + [UInt8](repeating: 0x78, count: (1 << 19) - 7) + [0x0A]
        let lines = Array(repeatElement(line, count: 16).joined())
        #expect(lines.count == SSEParser.longestEvent)
        #expect(Self.fault(lines + [0x0A], piece) == nil)
        #expect(Self.fault(lines + Array(":\n\n".utf8), piece) == .eventTooLong)
    }

    @Test(arguments: [1, 64 << 10, 16 << 20])
    func refusesAnEventOfTooManyLines(_ piece: Int) {
        let lines = Array(String(repeating: "data\n", count: SSEParser.mostDataLines).utf8)
        #expect(Self.fault(lines + [0x0A], piece) == nil)
        #expect(Self.fault(lines + Array("data\n".utf8), piece) == .eventTooLong)
    }

    private static func fault(_ stream: [UInt8], _ piece: Int) -> SSEFault? {
        var parser = SSEParser()
        var sink = CollectingSink()
        for from in stride(from: 0, to: stream.count, by: piece) {
            do {
                try stream[from..<min(from + piece, stream.count)].withUnsafeBytes { try parser.feed($0, to: &sink) }
            } catch { return error as? SSEFault }
        }
        return nil
    }
}
