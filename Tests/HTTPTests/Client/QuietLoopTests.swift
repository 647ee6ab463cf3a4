// QuietLoopTests: a loop that had nothing to watch for long knows what time it is.

import NIOCore
import NIOEmbedded
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct QuietLoopTests {
        @Test func deadlinesAreAheadHoweverLongNothingWasWatched() {
            let eventLoop = EmbeddedEventLoop()
            let loop = HTTPLoop(eventLoop: eventLoop)
            for rest in [0, 1, 90, 86_400] as [Int64] {
                eventLoop.advanceTime(by: .seconds(rest))
                #expect(loop.now == eventLoop.now, "after \(rest) s")
                let ahead = loop.deadline(in: .seconds(5)) - eventLoop.now
                #expect(ahead == .seconds(5) + loop.tickInterval, "after \(rest) s")
            }
        }

        @Test func theClockIsThatOfTheLastTickWhileSomethingIsWatched() {
            let eventLoop = EmbeddedEventLoop()
            let loop = HTTPLoop(eventLoop: eventLoop, tick: .milliseconds(100))
            let sleeper = Sleeper()
            eventLoop.advanceTime(by: .seconds(90))
            loop.watch(sleeper)
            let begin = eventLoop.now
            eventLoop.advanceTime(by: .milliseconds(250))
            #expect(loop.now == begin + .milliseconds(200) && sleeper.seen == loop.now)
            loop.unwatch(sleeper)
            eventLoop.advanceTime(by: .seconds(90))
            #expect(loop.now == eventLoop.now)
        }

        /// The first call after a rest that is longer than its whole time: it has all of it, also for a late answer.
        @Test func aCallAfterALongRestHasItsWholeTime() async throws {
            var configuration = PoolConfiguration()
            configuration.idleTimeout = .milliseconds(30)
            var timeouts = UpstreamTimeouts()
            (timeouts.wait, timeouts.total) = (.seconds(1), .seconds(1))
            try await PoolFixture.run(configuration: configuration) { [timeouts] fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let first = try await fixture.start(port: upstream.port)
                try await upstream.accept().send("HTTP/1.1 204 No Content\r\n\r\n")
                #expect(try await first.outcome().status == 204)
                try await fixture.wait { $0 == PoolCounts() }
                try await pass(.milliseconds(1200))
                let second = try await fixture.start(port: upstream.port, timeouts: timeouts)
                let peer = try await upstream.accept()
                try await peer.read(through: "{}")
                // Some ticks of the fixture's loop, each of which looks at the call.
                try await pass(.milliseconds(50))
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                let outcome = try await second.outcome()
                #expect(outcome.failure == nil && outcome.body == "ok")
            }
        }

        private func pass(_ time: TimeAmount) async throws {
            let end = NIODeadline.now() + time
            try await eventually("\(time) of the clock") { NIODeadline.now() >= end }
        }
    }
}

/// Remembers the latest tick.
private final class Sleeper: LoopTicked {
    var tickSlot = -1
    var seen: NIODeadline?

    func tick(now: NIODeadline) { seen = now }
}
