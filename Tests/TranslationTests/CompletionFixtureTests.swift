// Every recorded whole answer: what it used, what the client gets, and the stream it becomes.

import JSON
import Testing
import Translation

@Suite struct CompletionFixtureTests {
    static let all = Fixture.all(in: "completions")

    @Test func theFixturesAreFound() {
        #expect(Self.all.count >= 24)
    }

    @Test(arguments: all)
    func isReadAsExpected(_ fixture: Fixture) {
        let reading = fixture.input.withUnsafeBytes { CompletionMeter.read($0, dialect: fixture.dialect) }
        #expect(Self.name(reading) == fixture.expected["reading"]?.string ?? "completion")
        guard case .completion(let completion) = reading else { return }
        #expect(completion.usage == fixture.usage)
        var out: [UInt8] = []
        fixture.input.withUnsafeBytes {
            completion.append($0, clientModel: fixture.expected["clientModel"]?.string, to: &out)
        }
        #expect(String(decoding: out, as: UTF8.self) == String(decoding: fixture.output, as: UTF8.self))
    }

    @Test(arguments: all)
    func becomesTheStreamItWouldHaveBeen(_ fixture: Fixture) {
        var out = Array("before".utf8)
        let includesUsage = fixture.expected["includesUsage"]?.boolean ?? false
        let reading = fixture.input.withUnsafeBytes {
            StreamFromCompletion.append(
                $0, dialect: fixture.dialect, clientModel: fixture.expected["clientModel"]?.string,
                includesUsage: includesUsage, to: &out)
        }
        out.removeFirst("before".utf8.count)
        #expect(Self.name(reading) == fixture.expected["reading"]?.string ?? "completion")
        guard case .completion(let completion) = reading else { return #expect(out.isEmpty) }
        if fixture.hasStream {
            #expect(String(decoding: out, as: UTF8.self) == String(decoding: fixture.stream, as: UTF8.self))
        }
        Self.check(out, completion, fixture, includesUsage)
    }

    /// The stream obeys its dialect's laws, and metering it gives what the answer gave.
    private static func check(_ out: [UInt8], _ completion: Completion, _ fixture: Fixture, _ includesUsage: Bool) {
        switch fixture.dialect {
        case .anthropic: #expect(AnthropicStreamChecker.violations(in: out) == [])
        case .openai: #expect(OpenAIStreamChecker.violations(in: out, usageAsked: includesUsage) == [])
        }
        guard fixture.hasStream, fixture.dialect == .anthropic || includesUsage else { return }
        let replay = Replay(out, PassthroughStream.Options(dialect: fixture.dialect))
        #expect(replay.ending == .complete)
        #expect(replay.usage.usage == completion.usage.usage)
        #expect(replay.output == out)
    }

    private static func name(_ reading: CompletionReading) -> String {
        switch reading {
        case .completion: "completion"
        case .refused(let error): "refused.\(error.status)"
        case .unusable(let why): "unusable.\(why)"
        }
    }
}
