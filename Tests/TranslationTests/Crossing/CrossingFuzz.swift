// CrossingFuzz: rounds of damaged streams through the translation of their direction, and what is wrong with the outcome.
//
// For: the test with a small count, and longer runs of the same.
// Called by: CrossingFuzzTests.

import JSON
import Support

@testable import Translation

struct CrossingFuzz {
    /// What a run has found.
    struct Report {
        /// At most ten, each with its round and fixture.
        var faults: [String] = []
        var endings: [String: Int] = [:]
    }

    private let reach: StreamMutator.Reach
    private let fixtures: [Fixture]
    private let mutators: [Dialect: StreamMutator]

    /// With `events`, what the client is told is compared with what the upstream said.
    init(reach: StreamMutator.Reach) {
        self.reach = reach
        let all = Fixture.all(in: "crossing-streams") + Fixture.all(in: "streams")
        fixtures = all
        mutators = Dictionary(
            uniqueKeysWithValues: Dialect.allCases.map { dialect in
                let others = all.filter { $0.dialect == dialect }.map(\.input)
                return (dialect, StreamMutator(others: others, reach: reach))
            })
    }

    func run(rounds: Int, _ random: inout SeededRandom) -> Report {
        var report = Report()
        for round in 0..<rounds where report.faults.count < 10 {
            guard let fixture = fixtures.randomElement(using: &random), let mutator = mutators[fixture.dialect] else {
                break
            }
            let input = mutator.mutate(fixture.input, &random)
            var options = fixture.crossing
            options.includesUsage = Bool.random(using: &random)
            let whole = CrossingReplay(input, options)
            let cut = CrossingReplay(input, options, cuts: Replay.randomCuts(input.count, &random))
            if let fault = cut == whole ? fault(whole, input, options) : "depends on how it was cut" {
                report.faults.append("\(fault): round \(round) \(fixture.name)")
            }
            report.endings[String("\(whole.ending)".prefix { $0 != "(" }), default: 0] += 1
        }
        return report
    }

    /// What is wrong with an outcome; `nil` when nothing is.
    private func fault(
        _ replay: CrossingReplay, _ input: [UInt8], _ options: TranslatedStream.Options
    ) -> String? {
        if let violation = replay.violations(options).first { return violation }
        let same = Replay(
            input, PassthroughStream.Options(dialect: options.upstream, preludeLimit: options.preludeLimit))
        if let difference = replay.difference(from: same) { return difference }
        switch replay.ending {
        case .refused, .empty: return replay.output.isEmpty ? nil : "output without an answer"
        case .truncated, .failed:
            return endsWithAnError(replay.output, options.client) ? nil : "broken without an error"
        case .complete: break
        }
        guard reach == .events else { return replay.output.isEmpty ? "an answer without output" : nil }
        return NaiveSpeech.difference(input, replay.output, options)
    }

    private func endsWithAnError(_ output: [UInt8], _ client: Dialect) -> Bool {
        guard let last = NaiveEvent.all(in: output).last, last.json?["error"] != nil else { return false }
        return client == .openai || last.name == "error"
    }
}

/// What a whole stream says, read as plainly as can be: the texts one after the other, by kind.
struct NaiveSpeech: Equatable {
    var text = ""
    var thinking = ""

    /// How the two sides of a complete answer differ; `nil` when they say the same, or the comparison does not apply.
    static func difference(_ input: [UInt8], _ output: [UInt8], _ options: TranslatedStream.Options) -> String? {
        guard !options.traits.writesToolCallsAsText else { return nil }
        let said: NaiveSpeech
        let told: NaiveSpeech
        if options.upstream == .openai {
            said = openAI(NaiveEvent.allAndUnfinished(in: input))
            told = anthropic(NaiveEvent.all(in: output))
        } else {
            said = anthropic(NaiveEvent.allAndUnfinished(in: input))
            told = openAI(NaiveEvent.all(in: output))
        }
        if said.text != told.text { return "text \(told.text) instead of \(said.text)" }
        if said.thinking != told.thinking { return "thinking \(told.thinking) instead of \(said.thinking)" }
        return nil
    }

    private static func openAI(_ events: [NaiveEvent]) -> NaiveSpeech {
        var speech = NaiveSpeech()
        for event in events {
            if event.data == "[DONE]" { break }
            for choice in event.json?["choices"]?.elements ?? [] where choice["index"]?.integer ?? 0 == 0 {
                let delta = choice["delta"]
                let thought = delta?["reasoning_content"]?.string ?? ""
                speech.thinking += thought.isEmpty ? delta?["reasoning"]?.string ?? "" : thought
                speech.take(content: delta?["content"], isThinking: false)
                speech.text += delta?["refusal"]?.string ?? ""
            }
        }
        return speech
    }

    /// A string, or a list of parts.
    private mutating func take(content: JSONValue?, isThinking: Bool) {
        if let text = content?.string {
            if isThinking { thinking += text } else { self.text += text }
        }
        for part in content?.elements ?? [] {
            if let thought = part["thinking"] { take(content: thought, isThinking: true) }
            if let said = part["text"] { take(content: said, isThinking: isThinking) }
        }
    }

    private static func anthropic(_ events: [NaiveEvent]) -> NaiveSpeech {
        var speech = NaiveSpeech()
        for event in events {
            guard let json = event.json, let type = json["type"]?.string else { continue }
            if type == "message_stop" { break }
            let part = type == "content_block_start" ? json["content_block"] : json["delta"]
            guard type == "content_block_start" || type == "content_block_delta" else { continue }
            switch part?["type"]?.string {
            case "text", "text_delta": speech.text += part?["text"]?.string ?? ""
            case "thinking", "thinking_delta": speech.thinking += part?["thinking"]?.string ?? ""
            default: break
            }
        }
        return speech
    }
}
