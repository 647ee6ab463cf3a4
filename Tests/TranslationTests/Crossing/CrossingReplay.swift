// CrossingReplay: one stream fed to the translation in one way, and everything that came of it.
//
// For: comparing ways of cutting (INV-S), and the translation's readings with those of PassthroughStream.
// Called by: the crossing tests and their fuzz.

import JSON
import Money
import Support

@testable import Translation

extension Fixture {
    /// What the request of a crossing fixture looked like: `dialect` is the upstream's, the client speaks the other.
    var crossing: TranslatedStream.Options {
        var names = ToolNameMap()
        if case .object(let members) = expected["names"] ?? .null {
            for member in members { names.note(Array(member.key.utf8), for: Array((member.value.string ?? "").utf8)) }
        }
        let traits = UpstreamTraits(
            keepsThoughtSignatures: expected["keepsThoughtSignatures"]?.boolean ?? false,
            writesToolCallsAsText: expected["writesToolCallsAsText"]?.boolean ?? false)
        return TranslatedStream.Options(
            client: dialect == .openai ? .anthropic : .openai, upstream: dialect, requestID: "req_test",
            clientModel: expected["clientModel"]?.string ?? "the-model",
            includesUsage: expected["includesUsage"]?.boolean ?? false, names: names, estimatedInput: 11,
            createdSeconds: 1_700_000_000, traits: traits,
            preludeLimit: expected["preludeLimit"]?.integer.map(Int.init) ?? 64 << 10)
    }
}

/// What came of a translated stream.
struct CrossingReplay: Equatable {
    var output: [UInt8] = []
    var ending: StreamEnding
    var usage: UsageReading
    var malformedEvents: Int
    var endedWithinFraming: Bool
    var hasOutput: Bool

    /// Feeds `input` cut at `cuts` (ascending), then its end.
    init(
        _ input: [UInt8], _ options: TranslatedStream.Options, cuts: some Sequence<Int> = EmptyCollection<Int>()
    ) {
        var stream = TranslatedStream(options)
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

    /// The first way of cutting that gives another result than feeding whole; `nil` when all agree.
    static func disagreement(_ input: [UInt8], _ options: TranslatedStream.Options) -> String? {
        let whole = CrossingReplay(input, options)
        if CrossingReplay(input, options, cuts: 0..<input.count) != whole { return "byte by byte" }
        for cut in 0...input.count where CrossingReplay(input, options, cuts: CollectionOfOne(cut)) != whole {
            return "cut at \(cut)"
        }
        return nil
    }

    /// What is against the laws of the client's dialect in the output; empty when nothing is, or nothing was output.
    func violations(_ options: TranslatedStream.Options) -> [String] {
        guard !output.isEmpty else { return [] }
        let output = Self.withoutSurrogates(output)
        switch options.client {
        case .anthropic:
            return AnthropicStreamChecker.violations(in: output) + AnthropicCrossingLaws.violations(in: output, options)
        case .openai:
            return OpenAIStreamChecker.violations(in: output, usageAsked: options.includesUsage)
                + OpenAICrossingLaws.violations(in: output, options)
        }
    }

    /// With `A` for every escaped surrogate. Half a pair is passed on as it came, since its other half may be in the next delta;
    /// the plain reader would refuse it.
    private static func withoutSurrogates(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for at in bytes.indices.dropLast(5) where bytes[at] == UInt8(ascii: "\\") {
            guard bytes[at + 1] == UInt8(ascii: "u"), bytes[at + 2] | 0x20 == UInt8(ascii: "d"),
                bytes[at + 3] >= UInt8(ascii: "8")
            else { continue }
            bytes.replaceSubrange(at + 2..<at + 6, with: "0041".utf8)
        }
        return bytes
    }

    /// How the readings differ from those of a same-dialect stream of the same bytes; `nil` when they do not.
    ///
    /// A translation ends earlier when its queue is full, and calls an answer broken that has its last frame but no reason, or
    /// whose only ended choice is not the first. The bill is the same: a broken answer's is never less than the vendor's word.
    func difference(from same: Replay) -> String? {
        if case .truncated(.queueTooLong) = ending { return nil }
        if usage != same.usage { return "usage \(usage) instead of \(same.usage)" }
        if malformedEvents != same.malformedEvents { return "malformed events \(malformedEvents)" }
        if endedWithinFraming != same.endedWithinFraming { return "framing" }
        switch (ending, same.ending) {
        case (.truncated(.endOfInput), .complete), (.complete, .truncated(.endOfInput)): return nil
        default: return ending == same.ending ? nil : "ending \(ending) instead of \(same.ending)"
        }
    }

    /// `complete`, `truncated.fault`, `empty.fault`, `failed.status`, `refused.status`.
    var endingName: String {
        switch ending {
        case .complete: "complete"
        case .truncated(let fault): "truncated.\(fault)"
        case .empty(let fault): "empty.\(fault)"
        case .failed(let error): "failed.\(error.status)"
        case .refused(let error): "refused.\(error.status)"
        }
    }
}
