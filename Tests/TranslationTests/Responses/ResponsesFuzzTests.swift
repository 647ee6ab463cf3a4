// Damaged chat streams through the Responses surface: they obey its laws, do not depend on how they were cut, and say what the
// chat stream said.

import JSON
import Support
import Testing

@testable import Translation

@Suite struct ResponsesFuzzTests {
    private static let fixtures =
        Fixture.all(in: "responses-streams") + Fixture.all(in: "streams").filter { $0.dialect == .openai }

    @Test func brokenStreams_obeyTheLaws() {
        run(.bytes, rounds: 3_000) { _, _ in nil }
    }

    @Test func shuffledStreams_sayWhatTheChatSaid() {
        run(.events, rounds: 3_000) { input, replay in
            switch replay.ending {
            case .refused, .empty: return nil
            default: break
            }
            let (said, told) = (Self.said(input), Self.told(replay.output))
            return said == told ? nil : "\(said) became \(told)"
        }
    }

    private func run(
        _ reach: StreamMutator.Reach, rounds: Int, _ fault: ([UInt8], ResponsesReplay) -> String?
    ) {
        var random = SeededRandom.forTest()
        let mutator = StreamMutator(others: Self.fixtures.map(\.input), reach: reach)
        for round in 0..<rounds {
            guard let fixture = Self.fixtures.randomElement(using: &random) else { return }
            let input = mutator.mutate(fixture.input, &random)
            let options = fixture.responses
            let whole = ResponsesReplay(input, options)
            let cut = ResponsesReplay(input, options, cuts: Replay.randomCuts(input.count, &random))
            let place = "seed \(random.seed) round \(round) \(fixture.name)"
            #expect(cut == whole, "depends on how it was cut: \(place)")
            #expect(whole.violations == [], "\(place)")
            if let fault = fault(input, whole) { Issue.record("\(fault): \(place)") }
        }
    }

    /// The text of the first choice, read as plainly as can be, up to the end or an error.
    private static func said(_ input: [UInt8]) -> String {
        var text = ""
        for event in NaiveEvent.allAndUnfinished(in: input) {
            if event.name == "error" || event.data.trimmed == "[DONE]" { break }
            guard let json = event.json else { continue }
            if let error = json["error"], error != .null { break }
            if json["object"]?.string == "error" { break }
            for choice in json["choices"]?.elements ?? [] where choice["index"]?.integer ?? 0 == 0 {
                let content = choice["delta"]?["content"]
                text += content?.string ?? (content?.elements ?? []).map { $0["text"]?.string ?? "" }.joined()
            }
        }
        return text
    }

    private static func told(_ output: [UInt8]) -> String {
        NaiveEvent.all(in: output).filter { $0.name == "response.output_text.delta" }
            .map { $0.json?["delta"]?.string ?? "" }.joined()
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
