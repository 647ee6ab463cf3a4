// EventLog: what is worth a line in the journal when a connection or the store changes its state.
//
// For: the observers of the wallet connection, of the daemon's own socket and of the store.
// Refuses: nothing; one line an event, where somebody can act on it.
// Called by: GatewayMaker, GatewayDaemon.

import DaemonKit
import IPC
import Logging
import NIOCore
import Routing

/// What the connection to walletd is worth saying.
enum WalletLog {
    static func note(_ event: LinkEvent, _ lane: MetricLane<GatewayMetric>, _ log: Logger) {
        switch event {
        case .connected(let peer, let version):
            lane.set(.walletsConnected, to: 1)
            log.info("walletd connected", metadata: ["build": "\(peer.build)", "version": "\(version)"])
        case .disconnected(let reason):
            lane.set(.walletsConnected, to: 0)
            log.warning("walletd disconnected", metadata: ["reason": "\(reason)"])
        case .peerLeaving: log.info("walletd is leaving")
        case .attemptFailed(let why, let pause):
            log.warning(
                "walletd not reached", metadata: ["reason": "\(why)", "retry_ms": "\(pause.nanoseconds / 1_000_000)"])
        case .malformedAnswer(let number, let fault):
            log.error(
                "walletd sent an answer that cannot be read", metadata: ["message": "\(number)", "fault": "\(fault)"])
        }
    }
}

/// What the connection to tokend is worth saying.
enum TokenLog {
    static func note(_ event: LinkEvent, _ lane: MetricLane<GatewayMetric>, _ log: Logger) {
        switch event {
        case .connected(let peer, let version):
            lane.set(.tokensConnected, to: 1)
            log.info("tokend connected", metadata: ["build": "\(peer.build)", "version": "\(version)"])
        case .disconnected(let reason):
            lane.set(.tokensConnected, to: 0)
            log.warning("tokend disconnected; credentials stay as they are", metadata: ["reason": "\(reason)"])
        case .peerLeaving: log.info("tokend is leaving")
        case .attemptFailed(let why, let pause):
            log.warning(
                "tokend not reached", metadata: ["reason": "\(why)", "retry_ms": "\(pause.nanoseconds / 1_000_000)"])
        case .malformedAnswer(let number, let fault):
            log.error(
                "tokend sent an answer that cannot be read", metadata: ["message": "\(number)", "fault": "\(fault)"])
        }
    }
}

/// What the state of an upstream is worth saying: when it begins to fail, and when it is well again.
enum UpstreamLog {
    static func failing(_ attempt: PlannedAttempt, _ trouble: UpstreamTrouble, _ log: Logger) {
        // A credential that is refused needs an operator; everything else may pass by itself.
        let level: Logger.Level = trouble == .credentialRefused ? .error : .warning
        log.log(level: level, "upstream fails and is left alone for a while", metadata: facts(attempt, trouble.label))
    }

    static func recovered(_ attempt: PlannedAttempt, _ log: Logger) {
        log.notice("upstream answers again", metadata: facts(attempt, nil))
    }

    private static func facts(_ attempt: PlannedAttempt, _ reason: String?) -> Logger.Metadata {
        var facts: Logger.Metadata = [
            "provider": "\(attempt.providerName)", "upstream_model": "\(attempt.upstreamModel)",
        ]
        if let reason { facts["reason"] = "\(reason)" }
        return facts
    }
}

extension UpstreamTrouble {
    fileprivate var label: String {
        switch self {
        case .connect: "connect"
        case .timeout: "timeout"
        case .serverError: "server_error"
        case .rateLimited: "rate_limited"
        case .credentialRefused: "credential_refused"
        }
    }
}

/// What connections to our own socket are worth saying.
enum ServiceLog {
    static func note(_ event: ListenerEvent, _ log: Logger) {
        switch event {
        case .connected: break
        case .closed(let peer, let reason):
            guard reason.isAlarming else { return }
            log.error("peer closed", metadata: ["peer": "\(peer.identity.role)", "reason": "\(reason)"])
        case .refused(let credentials, let reason):
            log.warning(
                "peer refused",
                metadata: ["uid": "\(credentials.uid)", "pid": "\(credentials.pid)", "reason": "\(reason)"])
        case .malformed(let peer, let number, let fault):
            log.error(
                "peer sent what cannot be read",
                metadata: ["peer": "\(peer.identity.role)", "message": "\(number)", "fault": "\(fault)"])
        }
    }
}

/// What the store is worth saying.
enum StoreLog {
    static func note(_ event: StoreEvent, _ log: Logger) {
        switch event {
        case .failing(let error):
            log.error("usage cannot be stored; paid requests are refused", metadata: ["reason": "\(error)"])
        case .leftBehind(let error):
            log.error(
                "the usage of an earlier process cannot be read; its file is left there",
                metadata: ["reason": "\(error)"])
        case .recovered(let failures): log.notice("usage is stored again", metadata: ["failed_commits": "\(failures)"])
        case .stored, .absorbed: break
        }
    }
}

extension PeerPolicy {
    /// Who may say to be whom, from the `peers:` section.
    init(users: PeerUsers) {
        self.init([:])
        for role in PeerRole.allCases {
            for user in users.users(of: role.description) { allow(PeerRoles(role), for: user) }
        }
    }
}
