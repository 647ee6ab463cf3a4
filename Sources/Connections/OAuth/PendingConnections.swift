// PendingConnections: flows that have begun in a browser and have not come back.
//
// For: tying a callback to the session that began it, once: state (RFC 6749 §10.12), proof key and what was asked for.
// Refuses: a state that is unknown, used, too old, of another session or of another provider (RFC 9700 §4.4, mix-up).
// Called by: whoever serves the start and the callback of a connection. Kept in memory: a restart ends these flows,
//   and their users begin again.

public import Tenancy

/// A flow that waits for its callback.
public struct PendingConnection: Sendable, Equatable {
    /// What is being connected.
    public let key: AccountKey
    /// SHA-256 of the session that began it.
    public let sessionDigest: [UInt8]
    /// The proof key; `nil` for providers that take none.
    public let verifier: CodeVerifier?
    /// As sent in the authorization request; the token request repeats it (RFC 6749 §4.1.3).
    public let redirectURI: String
    /// What was asked for.
    public let scopes: [String]
    /// What the tenant named, such as an address.
    public let facts: AccountFacts
    public let startedAt: UnixMillis

    public init(
        key: AccountKey, sessionDigest: [UInt8], verifier: CodeVerifier?, redirectURI: String, scopes: [String],
        facts: AccountFacts = AccountFacts(), startedAt: UnixMillis
    ) {
        (self.key, self.sessionDigest, self.verifier) = (key, sessionDigest, verifier)
        (self.redirectURI, self.scopes, self.facts, self.startedAt) = (redirectURI, scopes, facts, startedAt)
    }
}

/// The value that goes out with a user's browser and comes back with it.
public struct FlowState: Sendable, Equatable {
    /// 43 characters for a URL.
    public let secret: SecretText

    /// The bytes that a state is made from: 256 bits cannot be guessed.
    public static let randomBytes = 32
    static let length = 43

    /// A state from 32 bytes of a secure source.
    public init(random bytes: [UInt8]) {
        precondition(bytes.count == Self.randomBytes, "a state is made from 32 random bytes")
        secret = SecretText(Base64Text.forURL(bytes))
    }

    /// A state that came back; `nil` unless it has the form of one.
    public init?(_ text: String) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy(ByteGrammar.isUnreserved) else { return nil }
        secret = SecretText(text)
    }

    /// What is kept of it: whoever reads the memory or a dump of it cannot finish a flow.
    public func digest(_ sha256: SHA256Function) -> [UInt8] { sha256(secret.bytes) }
}

/// Why a callback belongs to no flow. In order of precedence.
public enum FlowRefusal: String, Error, Hashable, Sendable, CaseIterable {
    /// No state, an unknown one, or one that was used.
    case unknownState = "the link is unknown or was used before; begin again"
    /// The flow took longer than `PendingConnections.lifetime`.
    case expired = "this took too long; begin again"
    /// Another session began it.
    case otherSession = "this was begun in another session; begin again"
    /// It was begun with another provider.
    case otherProvider = "this was begun with another provider; begin again"
}

/// The flows that wait, by the digest of their state.
public struct PendingConnections: Sendable {
    private var flows: [[UInt8]: PendingConnection] = [:]
    /// The states of each session's flows, the oldest first.
    private var states: [[UInt8]: [[UInt8]]] = [:]
    /// States in the order in which they began, those whose flow has ended included until they come to the front.
    private var order: [(state: [UInt8], startedAt: UnixMillis)] = []

    /// How long a user may take: codes live as long at most (RFC 6749 §4.1.2), and a login with a second factor takes
    /// minutes.
    public static let lifetime = Duration.seconds(600)
    private static let lifetimeMillis = lifetime.components.seconds * 1000
    /// The most flows that wait; beyond it the oldest ends. One takes about 1 KiB.
    public static let most = 10_000
    /// The most flows of one session; beyond it the session's oldest ends.
    public static let mostOfSession = 8

    public init() {}

    /// The flows that wait.
    public var count: Int { flows.count }

    /// Begins a flow whose state has the digest `state`.
    public mutating func begin(_ flow: PendingConnection, state: [UInt8]) {
        forget(before: UnixMillis(flow.startedAt.value - Self.lifetimeMillis))
        if let own = states[flow.sessionDigest], own.count >= Self.mostOfSession { _ = end(own[0]) }
        if flows.count >= Self.most, let oldest = order.first(where: { waits($0.state, since: $0.startedAt) }) {
            _ = end(oldest.state)
        }
        if order.count >= 2 * Self.most { order = order.filter { waits($0.state, since: $0.startedAt) } }
        flows[state] = flow
        states[flow.sessionDigest, default: []].append(state)
        order.append((state, flow.startedAt))
    }

    /// Ends the flow whose state has the digest `state` and gives what it was, if the callback may have it. It ends
    /// in any case: a state that came from the wrong place is not tried again.
    public mutating func take(
        state: [UInt8], provider: ProviderID, sessionDigest: [UInt8], now: UnixMillis
    ) throws(FlowRefusal) -> PendingConnection {
        guard let flow = end(state) else { throw .unknownState }
        guard now.value - flow.startedAt.value <= Self.lifetimeMillis else { throw .expired }
        guard SecretText(flow.sessionDigest) == SecretText(sessionDigest) else { throw .otherSession }
        guard flow.key.provider == provider else { throw .otherProvider }
        return flow
    }

    /// Ends every flow that began before `instant`.
    public mutating func forget(before instant: UnixMillis) {
        var passed = 0
        while passed < order.count {
            let (state, startedAt) = order[passed]
            let isWaiting = waits(state, since: startedAt)
            guard !isWaiting || startedAt < instant else { break }
            if isWaiting { _ = end(state) }
            passed += 1
        }
        order.removeFirst(passed)
    }

    private func waits(_ state: [UInt8], since startedAt: UnixMillis) -> Bool { flows[state]?.startedAt == startedAt }

    private mutating func end(_ state: [UInt8]) -> PendingConnection? {
        guard let flow = flows.removeValue(forKey: state) else { return nil }
        states[flow.sessionDigest]?.removeAll { $0 == state }
        if states[flow.sessionDigest]?.isEmpty ?? false { states[flow.sessionDigest] = nil }
        return flow
    }
}
