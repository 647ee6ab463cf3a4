// Desk: where commands ask the daemons.
//
// For: one short-lived connection per question or group of questions, and failures in words an operator can act on.
// Refuses: nothing of its own.
// Called by: the commands.

import DaemonKit
import IPC
import NIOCore
import NIOPosix
import Synchronization

struct Desk: Sendable {
    let installation: Installation
    /// One loop is plenty for one question at a time.
    private static let eventLoop: any EventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    /// How long a question waits for a daemon that is being restarted; the link's default.
    private static let patience = TimeAmount.seconds(1)

    init(_ options: GlobalOptions) throws(Complaint) { installation = try options.installation() }
    init(_ installation: Installation) { self.installation = installation }

    /// Asks walletd. `body` may ask several things over the one connection.
    func wallet<Answer: Sendable>(
        patience: TimeAmount = Desk.patience,
        _ body: @Sendable (AsyncWalletClient) async throws(CallFailure) -> Answer
    ) async throws(Complaint) -> Answer {
        let greeting = Greeting()
        let client = await AsyncWalletClient(
            path: installation.walletSocket, eventLoop: Self.eventLoop, identity: Self.identity,
            settings: Self.settings(patience), observer: greeting.note)
        do throws(CallFailure) {
            let answer = try await body(client)
            await client.stop()
            return answer
        } catch {
            await client.stop()
            throw CallTrouble.complaint(greeting.judge(error), daemon: .walletd, socket: installation.walletSocket)
        }
    }

    /// Asks gatewayd. `body` may ask several things over the one connection.
    func gateway<Answer: Sendable>(
        patience: TimeAmount = Desk.patience,
        _ body: @Sendable (AsyncGatewayClient) async throws(CallFailure) -> Answer
    ) async throws(Complaint) -> Answer {
        let greeting = Greeting()
        let client = await AsyncGatewayClient(
            path: installation.gatewaySocket, eventLoop: Self.eventLoop, identity: Self.identity,
            settings: Self.settings(patience), observer: greeting.note)
        do throws(CallFailure) {
            let answer = try await body(client)
            await client.stop()
            return answer
        } catch {
            await client.stop()
            throw CallTrouble.complaint(greeting.judge(error), daemon: .gatewayd, socket: installation.gatewaySocket)
        }
    }

    /// Asks tokend. `body` may ask several things over the one connection.
    func vault<Answer: Sendable>(
        patience: TimeAmount = Desk.patience,
        _ body: @Sendable (AsyncTokenClient) async throws(CallFailure) -> Answer
    ) async throws(Complaint) -> Answer {
        guard let socket = installation.tokenSocket else {
            throw Complaint(
                "this installation has no vault: \(installation.configPath) has no section tokend",
                next: "docs/OPERATING.md, \"The vault\", says what to add", status: .configuration)
        }
        let greeting = Greeting()
        let client = await AsyncTokenClient(
            path: socket, eventLoop: Self.eventLoop, identity: Self.identity, settings: Self.settings(patience),
            observer: greeting.note)
        do throws(CallFailure) {
            let answer = try await body(client)
            await client.stop()
            return answer
        } catch {
            await client.stop()
            throw CallTrouble.complaint(greeting.judge(error), daemon: .tokend, socket: socket)
        }
    }

    private static var identity: PeerIdentity {
        PeerIdentity(role: .weirctl, instance: .random(in: .min ... .max), build: "weirctl \(WeirVersion.text)")
    }

    private static func settings(_ patience: TimeAmount) -> LinkSettings {
        LinkSettings(seed: .random(in: .min ... .max), patience: patience)
    }
}

/// Whether the daemon was ever there. A question to one that is not may end by its deadline as well as by the link's patience:
/// both are about a second.
private final class Greeting: Sendable {
    private let isGreeted = Atomic(false)

    func note(_ event: LinkEvent) {
        if case .connected = event { isGreeted.store(true, ordering: .relaxed) }
    }

    /// The failure as it should be told.
    func judge(_ failure: CallFailure) -> CallFailure {
        failure == .deadlineExceeded && !isGreeted.load(ordering: .relaxed) ? .notConnected : failure
    }
}
