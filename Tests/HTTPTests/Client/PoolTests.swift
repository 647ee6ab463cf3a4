// PoolTests: connections are reused, bounded and given back; calls wait in order and not for ever.

import NIOCore
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct PoolTests {
        private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        @Test func aConnectionIsReusedCallAfterCall() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let first = try await fixture.start(body: "0", port: upstream.port)
                let peer = try await upstream.accept()
                for number in 0..<10 {
                    let call = number == 0 ? first : try await fixture.start(body: "\(number)", port: upstream.port)
                    let request = try await peer.read(through: "\r\n\r\n\(number)")
                    #expect(request == "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1\r\n\r\n\(number)")
                    try await peer.send(Self.ok)
                    let outcome = try await call.outcome()
                    #expect(
                        outcome.failure == nil && outcome.status == 200 && outcome.body == "ok"
                            && outcome.bodyLength == 2)
                }
                #expect(try await fixture.counts() == PoolCounts(idle: 1))
            }
        }

        @Test func connectionsAndWaitersAreBoundedAndWaitersAreServedInOrder() async throws {
            var configuration = PoolConfiguration()
            configuration.perOriginMax = 2
            configuration.waitersMax = 2
            try await PoolFixture.run(configuration: configuration) { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                var calls: [PendingCall] = []
                for number in 0..<4 { calls.append(try await fixture.start(body: "\(number)", port: upstream.port)) }
                let peers = [try await upstream.accept(), try await upstream.accept()]
                try await fixture.wait { $0 == PoolCounts(busy: 2, waiting: 2) }
                let refused = try await fixture.start(body: "4", port: upstream.port)
                #expect(
                    try await refused.outcome().failure == UpstreamFailure(cause: .poolExhausted, retry: .nothingSent))
                // One connection serves the two that wait; the other stays busy.
                var served: [String] = []
                for _ in 0..<3 {
                    served.append(
                        String(
                            try await peers[0].read("a request") { $0.contains("\r\n\r\n") && !$0.hasSuffix("\n") }
                                .suffix(1)))
                    try await peers[0].send(Self.ok)
                }
                #expect(Array(served.dropFirst()) == ["2", "3"])
                try await peers[1].read(through: "\r\n\r\n")
                try await peers[1].send(Self.ok)
                for call in calls { #expect(try await call.outcome().failure == nil) }
                try await fixture.wait { $0 == PoolCounts(idle: 2) }
            }
        }

        @Test func aCallThatFindsNoConnectionInTimeFails() async throws {
            var configuration = PoolConfiguration()
            configuration.perOriginMax = 1
            var timeouts = UpstreamTimeouts()
            timeouts.wait = .milliseconds(50)
            try await PoolFixture.run(configuration: configuration) { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let busy = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                let late = try await fixture.start(port: upstream.port, timeouts: timeouts)
                #expect(try await late.outcome().failure == UpstreamFailure(cause: .waitTimeout, retry: .nothingSent))
                try await peer.send(Self.ok)
                #expect(try await busy.outcome().failure == nil)
            }
        }

        @Test func nobodyListeningIsAFailureOfEachCall() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                await upstream.close()
                var calls: [PendingCall] = []
                for _ in 0..<3 { calls.append(try await fixture.start(port: upstream.port)) }
                for call in calls {
                    #expect(
                        try await call.outcome().failure == UpstreamFailure(cause: .connectFailed, retry: .nothingSent))
                }
                #expect(try await fixture.counts() == PoolCounts())
            }
        }

        @Test func aNameThatDoesNotExistIsAFailure() async throws {
            try await PoolFixture.run { fixture in
                let call = try await fixture.start(port: 1, host: "does-not-exist.invalid")
                let failure = try await call.outcome().failure
                #expect(failure?.retry == .nothingSent)
                #expect(failure?.cause == .resolveFailed || failure?.cause == .connectFailed)
            }
        }

        @Test func anIdleConnectionIsClosedAfterItsTime() async throws {
            var configuration = PoolConfiguration()
            configuration.idleTimeout = .milliseconds(30)
            try await PoolFixture.run(configuration: configuration) { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send(Self.ok)
                _ = try await call.outcome()
                _ = try await peer.readToEnd()
                try await fixture.wait { $0 == PoolCounts() }
            }
        }

        @Test(arguments: [
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
        ])
        func aConnectionThatIsNotCleanAfterwardsIsNotReused(_ answer: String) async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send(answer)
                #expect(try await call.outcome().body == "ok")
                _ = try await peer.readToEnd()
                #expect(try await fixture.counts() == PoolCounts())
            }
        }

        @Test func anHTTP10KeepAliveConnectionIsReused() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")
                #expect(try await call.outcome().body == "ok")
                #expect(try await fixture.counts() == PoolCounts(idle: 1))
            }
        }

        @Test func bytesOnAnIdleConnectionCloseIt() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send(Self.ok)
                _ = try await call.outcome()
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison!")
                _ = try await peer.readToEnd()
                try await fixture.wait { $0 == PoolCounts() }
            }
        }

        @Test func anIdleConnectionTheUpstreamClosesIsForgotten() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send(Self.ok)
                _ = try await call.outcome()
                await peer.close()
                try await fixture.wait { $0 == PoolCounts() }
                let next = try await fixture.start(port: upstream.port)
                let other = try await upstream.accept()
                try await other.send(Self.ok)
                #expect(try await next.outcome().failure == nil)
            }
        }

        @Test func closingThePoolFailsTheWaitingAndLetsTheBusyFinish() async throws {
            var configuration = PoolConfiguration()
            configuration.perOriginMax = 1
            try await PoolFixture.run(configuration: configuration) { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let busy = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                // The upstream may have accepted before the pool has seen its connection stand.
                try await fixture.wait { $0.busy == 1 }
                let waiting = try await fixture.start(port: upstream.port)
                try await fixture.eventLoop.submit { [pool = fixture.pool] in pool.value.close() }.get()
                #expect(
                    try await waiting.outcome().failure == UpstreamFailure(cause: .shuttingDown, retry: .nothingSent))
                let late = try await fixture.start(port: upstream.port)
                #expect(try await late.outcome().failure == UpstreamFailure(cause: .shuttingDown, retry: .nothingSent))
                try await peer.send(Self.ok)
                #expect(try await busy.outcome().failure == nil)
                _ = try await peer.readToEnd()
            }
        }

        @Test func cancellingAWaitingCallLeavesTheConnectionForTheNext() async throws {
            var configuration = PoolConfiguration()
            configuration.perOriginMax = 1
            try await PoolFixture.run(configuration: configuration) { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let first = try await fixture.start(body: "1", port: upstream.port)
                let peer = try await upstream.accept()
                let second = try await fixture.start(body: "2", port: upstream.port)
                let third = try await fixture.start(body: "3", port: upstream.port)
                try await second.cancel()
                try await peer.read(through: "\r\n\r\n1")
                try await peer.send(Self.ok)
                try await peer.read(through: "\r\n\r\n3")
                try await peer.send(Self.ok)
                #expect(try await first.outcome().failure == nil)
                #expect(try await third.outcome().failure == nil)
            }
        }
    }
}
