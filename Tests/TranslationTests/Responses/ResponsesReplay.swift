// ResponsesReplay: one chat stream fed to the Responses surface in one way, and everything that came of it.
//
// For: comparing ways of cutting (INV-S).
// Called by: the tests of this surface and their fuzz.

import JSON
import Money
import Support

@testable import Translation

extension Fixture {
    /// What an answer is made with: `request` in the expectation, or the plainest there is.
    var responses: ResponsesStream.Options {
        let request =
            expected["request"] ?? .object([.init("model", .string("the-model")), .init("input", .string("hi"))])
        var body: [UInt8] = []
        request.append(to: &body)
        guard let chat = try? body.withUnsafeBytes({ try ResponsesRequest.chatBody($0) }) else {
            preconditionFailure("\(name): the request of a fixture is accepted")
        }
        return ResponsesStream.Options(
            context: chat.context, requestID: "req_test", clientModel: "the-model", estimatedInput: 11,
            createdSeconds: 1_700_000_000)
    }
}

/// What came of a stream.
struct ResponsesReplay: Equatable {
    var output: [UInt8] = []
    var ending: StreamEnding
    var usage: UsageReading
    var malformedEvents: Int
    var endedWithinFraming: Bool
    var hasOutput: Bool

    /// Feeds `input` cut at `cuts` (ascending), then its end.
    init(
        _ input: [UInt8], _ options: ResponsesStream.Options, cuts: some Sequence<Int> = EmptyCollection<Int>()
    ) {
        var stream = ResponsesStream(options)
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
    static func disagreement(_ input: [UInt8], _ options: ResponsesStream.Options) -> String? {
        let whole = ResponsesReplay(input, options)
        if ResponsesReplay(input, options, cuts: 0..<input.count) != whole { return "byte by byte" }
        for cut in 0...input.count where ResponsesReplay(input, options, cuts: CollectionOfOne(cut)) != whole {
            return "cut at \(cut)"
        }
        return nil
    }

    /// What is against the laws of the surface; empty when nothing is, or nothing was output.
    var violations: [String] { output.isEmpty ? [] : ResponsesStreamChecker.violations(in: output) }

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
