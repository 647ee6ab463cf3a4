// GrantTable: what users agreed to, until the client fetches its token.
//
// For: authorization codes: each is good once, for a minute (RFC 6749 §4.1.2).
// Refuses: codes that are unknown, used or too old; more than `most` at a time, where the oldest ends.
// Called by: gatewayd. Kept in memory: a restart ends these flows, and their users begin again.

public import Connections
public import Tenancy

/// The code that goes through the browser.
public struct AuthorizationCode: Hashable, Sendable, CustomStringConvertible {
    private let text: String

    /// The bytes that a code is made from: 256 bits cannot be guessed.
    public static let randomBytes = 32

    /// A code from 32 bytes of a secure source.
    public init(random bytes: [UInt8]) {
        precondition(bytes.count == Self.randomBytes, "a code is made from 32 random bytes")
        let digits = Array("0123456789abcdef".utf8)
        text = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// A code that came back; `nil` unless it has the form of one.
    public init?(_ text: String) {
        guard text.utf8.count == 2 * Self.randomBytes,
            text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        else { return nil }
        self.text = text
    }

    /// The code itself, for the one redirect that carries it.
    public func reveal() -> String { text }

    /// Never the code.
    public var description: String { "(code)" }

    /// What is kept of it.
    public func digest(_ sha256: SHA256Function) -> [UInt8] { sha256(Array(text.utf8)) }
}

/// What somebody agreed to.
public struct Grant: Hashable, Sendable {
    public let client: ClientID
    /// The name of the key that is made.
    public let keyName: String
    /// As it was in the authorization request; the token request repeats it.
    public let redirect: RedirectTarget
    let challenge: String
    /// Whose accounts.
    public let tenant: TenantID
    /// The fingerprint of the key with which it was agreed to: the key has to be good still when the token is fetched.
    public let fingerprint: KeyFingerprint
    /// When it was agreed to.
    public let grantedAt: UnixMillis

    public init(
        _ request: AuthorizationRequest, tenant: TenantID, fingerprint: KeyFingerprint, grantedAt: UnixMillis
    ) {
        (client, keyName, redirect) = (request.client.id, request.client.keyName, request.redirect)
        (challenge, self.tenant, self.fingerprint) = (request.challenge, tenant, fingerprint)
        self.grantedAt = grantedAt
    }

    /// How long an access token lives, unless the key with which it was agreed to ends before.
    public static let tokenMillis: Int64 = 90 * 86_400_000
}

/// What a code is worth.
public enum Redemption: Hashable, Sendable {
    case grant(Grant)
    /// It was used before, and this key was made for it: somebody has the code who should not (RFC 6749 §10.5).
    case used(KeyID)
    case nothing
}

/// A code that was used.
private struct SpentCode: Sendable {
    let digest: [UInt8]
    let at: UnixMillis
    /// What was made for it, once that is known.
    var key: KeyID?
    var cameAgain = false
}

/// The grants that wait, by the digest of their code.
public struct GrantTable: Sendable {
    private var grants: [[UInt8]: Grant] = [:]
    /// Digests in the order of their grants, those that are gone included until they come to the front.
    private var order: [(digest: [UInt8], at: UnixMillis)] = []
    /// Codes that were used, for a code's lifetime since; of the latest `most`.
    private var spent: [SpentCode] = []

    /// How long a code is good, in milliseconds: its client waits for it.
    public static let lifetimeMillis: Int64 = 60_000
    /// The most grants that wait; each stands for somebody who has just typed a key.
    public static let most = 10_000

    public init() {}

    /// The grants that wait.
    public var count: Int { grants.count }

    /// Keeps `grant` under the digest of its code.
    public mutating func add(_ grant: Grant, code digest: [UInt8]) {
        forget(before: UnixMillis(grant.grantedAt.value - Self.lifetimeMillis))
        if grants.count >= Self.most, let oldest = order.firstIndex(where: { grants[$0.digest] != nil }) {
            grants[order[oldest].digest] = nil
            order.removeFirst(oldest + 1)
        }
        grants[digest] = grant
        order.append((digest, grant.grantedAt))
    }

    /// Ends the grant whose code has that digest and gives what it was.
    public mutating func take(code digest: [UInt8], now: UnixMillis) -> Redemption {
        spent.removeFirst(spent.prefix { now.value - $0.at.value > Self.lifetimeMillis }.count)
        guard let grant = grants.removeValue(forKey: digest) else { return again(digest) }
        guard now.value - grant.grantedAt.value <= Self.lifetimeMillis else { return .nothing }
        if spent.count >= Self.most { spent.removeFirst() }
        spent.append(SpentCode(digest: digest, at: now))
        return .grant(grant)
    }

    private mutating func again(_ digest: [UInt8]) -> Redemption {
        guard let index = spent.firstIndex(where: { $0.digest == digest }) else { return .nothing }
        spent[index].cameAgain = true
        return spent[index].key.map { .used($0) } ?? .nothing
    }

    /// A key was made for a code that was taken. Whether it is good: `false` when the code came again in the meantime, so
    /// that somebody has it who should not.
    public mutating func note(_ key: KeyID, madeFor digest: [UInt8]) -> Bool {
        guard let index = spent.firstIndex(where: { $0.digest == digest }) else { return true }
        spent[index].key = key
        return !spent[index].cameAgain
    }

    private mutating func forget(before instant: UnixMillis) {
        let passed = order.prefix { $0.at < instant || grants[$0.digest] == nil }
        for entry in passed { grants[entry.digest] = nil }
        order.removeFirst(passed.count)
    }
}
