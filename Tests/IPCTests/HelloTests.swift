// The hello: who may come in, which versions meet, how long anybody waits.

import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import IPC

@Suite(.timeLimit(.minutes(5))) struct HelloTests {
    @Test func userThatMayNotClaimTheRoleIsToldAndClosed() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path, policy: PeerPolicy([getuid(): .weirctl]))
        let stranger = try #require(Stranger(path))
        #expect(stranger.greet(.gatewayd)?.failure == .notPermitted)
        #expect(stranger.next() == nil)
        let why = "refused: turned away: notPermitted user \(getuid()) may not be gatewayd"
        await daemon.journal.wait(for: why)
        let client = try await TestClient.start(path)
        await client.journal.wait { lines in
            lines.contains { $0.hasPrefix("attempt failed: turned away by peer: notPermitted") }
        }
        #expect(Stranger(path)?.greet(.weirctl)?.kind == .hello)
        try await client.stop()
        try await daemon.stop()
    }

    @Test func emptyPolicyLetsNobodyIn() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path, policy: PeerPolicy([:]))
        for role in PeerRole.allCases { #expect(Stranger(path)?.greet(role)?.failure == .notPermitted) }
        try await daemon.stop()
    }

    @Test func kernelTellsWhoIsCalling() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet(.cronjobd)
        let peer = try await daemon.run { ($0.peers[0].credentials, $0.peers[0].identity.role, $0.peers[0].id) }
        #expect(peer.0 == PeerCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
        #expect(peer.1 == .cronjobd)
        try await daemon.stop()
    }

    @Test func anotherDaemonAtThePathIsNotTalkedTo() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path, role: .tokend)
        let client = try await TestClient.start(path)
        await client.journal.wait { lines in
            lines.contains { $0.contains("tokend answers where walletd was meant") }
        }
        try await client.stop()
        try await daemon.stop()
    }

    @Test(arguments: [
        (ProtocolVersions(current: 1, oldest: 1), ProtocolVersions(current: 2, oldest: 1), 1 as UInt16),
        (ProtocolVersions(current: 2, oldest: 1), ProtocolVersions(current: 1, oldest: 1), 1 as UInt16),
        (ProtocolVersions(current: 3, oldest: 2), ProtocolVersions(current: 2, oldest: 1), 2 as UInt16),
    ])
    func oneReleaseApartMeetAtTheLowerVersion(
        _ asker: ProtocolVersions, _ answerer: ProtocolVersions, _ common: UInt16
    ) async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path, versions: answerer)
        let client = try await TestClient.start(path) { $0.versions = asker }
        await client.journal.wait(for: "connected walletd 1 version \(common)")
        #expect(await client.hold(testHold(1)).failure == nil)
        #expect(try await daemon.run { $0.peers[0].version } == common)
        try await client.stop()
        try await daemon.stop()
    }

    @Test func twoReleasesApartAreTurnedAwayByWhoeverSeesIt() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let newer = ProtocolVersions(current: 3, oldest: 2)
        #expect(Stranger(path)?.greet(versions: newer)?.failure == .unsupportedVersion)
        try await daemon.stop()
        #expect(ProtocolVersions.ours.common(with: newer) == nil)
        #expect(newer.common(with: .ours) == nil)
    }

    @Test func helloOfANewerPeerWithMoreFieldsIsUnderstood() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        let answer = stranger.greet(versions: .init(current: 2, oldest: 1), trailing: Array(repeating: 7, count: 100))
        #expect(answer?.kind == .hello)
        stranger.ask(testHold(1), call: 1)
        #expect(stranger.next()?.kind == .response)
        try await daemon.stop()
    }

    @Test func silentPeerIsClosedWhenTheHelloIsDue() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path, helloDeadline: .milliseconds(30))
        let stranger = try #require(Stranger(path))
        #expect(stranger.next() == nil)
        await daemon.journal.wait(for: "refused: no hello in time")
        try await daemon.stop()
    }

    @Test func silentDaemonIsLeftAndTriedAgain() async throws {
        let path = TestLoops.freshPath()
        let loop = TestLoops.group.next()
        let silent = try await ServerBootstrap(group: loop).bind(unixDomainSocketPath: path).get()
        let client = try await TestClient.start(path) { $0.helloDeadline = .milliseconds(30) }
        await client.journal.wait { $0.filter { $0 == "attempt failed: no hello in time" }.count >= 2 }
        try await client.stop()
        try await silent.close()
    }

    @Test func connectionBeyondTheBoundIsTurnedAway() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let strangers = (0..<IPCLimits.connections).compactMap { _ in Stranger(path) }
        #expect(strangers.allSatisfy { $0.greet()?.kind == .hello })
        let oneMore = try #require(Stranger(path))
        #expect(oneMore.next()?.failure == .overloaded)
        #expect(oneMore.next() == nil)
        withExtendedLifetime(strangers) {}
        try await daemon.stop()
    }
}
