// Replay: one stream fed in one way, and everything that came of it.
//
// For: comparing ways of cutting (INV-S): whole, byte by byte, at each single point, at random ones.
// Called by: fixtures, fuzz.

import Support
import Translation

/// What came of a stream.
struct Replay: Equatable {
    var output: [UInt8] = []
    var ending: StreamEnding
    var usage: UsageReading
    var malformedEvents: Int
    var endedWithinFraming: Bool
    var hasOutput: Bool

    /// Feeds `input` cut at `cuts` (ascending), then its end.
    init(_ input: [UInt8], _ options: PassthroughStream.Options, cuts: some Sequence<Int> = EmptyCollection<Int>()) {
        var stream = PassthroughStream(options)
        var collected: [UInt8] = []
        var out: [UInt8] = []
        func feed(_ range: Range<Int>) {
            input[range].withUnsafeBytes { _ = stream.receive($0, into: &out) }
            collected += out
            out.removeAll(keepingCapacity: true)
        }
        var from = 0
        for cut in cuts {
            feed(from..<cut)
            from = cut
        }
        feed(from..<input.count)
        ending = stream.receiveEnd(into: &out)
        output = collected + out
        usage = stream.usage
        malformedEvents = stream.malformedEvents
        endedWithinFraming = stream.endedWithinFraming
        hasOutput = stream.hasOutput
    }

    /// Up to four random cuts.
    static func randomCuts(_ count: Int, _ random: inout SeededRandom) -> [Int] {
        (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }

    /// The first way of cutting that gives another result than feeding whole; `nil` when all agree.
    static func disagreement(_ input: [UInt8], _ options: PassthroughStream.Options) -> String? {
        let whole = Replay(input, options)
        if Replay(input, options, cuts: 0..<input.count) != whole { return "byte by byte" }
        for cut in 0...input.count where Replay(input, options, cuts: CollectionOfOne(cut)) != whole {
            return "cut at \(cut)"
        }
        return nil
    }
}
