// The link to tokend before anything is known: who waits, for how long, and how many.

import DaemonKit
import IPC
import Logging
import Metrics
import NIOCore
import NIOPosix
import Testing

@testable import gatewayd

@Suite struct TokenLinkTests {
    /// What `body` returns, asked on an event loop with a link whose tokend is nowhere.
    private func withLink<Value: Sendable>(_ body: @escaping @Sendable (TokenLink) -> Value) async throws -> Value {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let value = try await loop.submit {
            let client = TokenClient(
                path: "/nowhere/tokend.sock", eventLoop: loop,
                identity: PeerIdentity(role: .gatewayd, instance: 1, build: "test"), settings: LinkSettings(seed: 1))
            let link = TokenLink(
                client: client, eventLoop: loop, lane: MetricBoard<GatewayMetric>().makeLane(), counts: false,
                log: Logger(label: "test"))
            return body(link)
        }.get()
        try await group.shutdownGracefully()
        return value
    }

    @Test func firstRequestsWait_thoseBeyondTheBoundDoNot_andTheEndOfTheLinkAnswersAll() async throws {
        let counts = try await withLink { link in
            var done = 0
            for _ in 0..<TokenLink.waitingMost { link.whenKnown { done += 1 } }
            let waiting = done
            link.whenKnown { done += 1 }
            let beyond = done
            link.stop()
            return [waiting, beyond, done]
        }
        #expect(counts == [0, 1, TokenLink.waitingMost + 1])
    }

    @Test func nobodyWaits_onceTheFirstMomentsAreOver() async throws {
        let counts = try await withLink { link in
            var done = 0
            link.stop()
            link.whenKnown { done += 1 }
            return done
        }
        #expect(counts == 1)
    }
}
