// OAuthDesk: what is under way between programs that come for a token and people who agree.
//
// For: codes, windows per peer, and the seal that ties a consent form to the page and the browser it was made for.
// Refuses: what the tables refuse. Nothing is kept over a restart: who was in the middle begins again.
// Called by: OAuthRequest, on every event loop.

import Hashing
import OAuthServer
import Synchronization
import Tenancy

/// Safe from every thread; shared by all loops.
final class OAuthDesk: Sendable {
    private let grants = Mutex(GrantTable())
    private let registrations = Mutex(PeerWindows.registrations)
    private let others = Mutex(PeerWindows.others)
    private let browsers = Mutex(PeerWindows.browsers)
    /// Of this process alone.
    private let secret = SecureRandom.bytes(32)

    /// Keeps `grant` and gives the code for it.
    func issue(_ grant: Grant) -> AuthorizationCode {
        let code = AuthorizationCode(random: SecureRandom.bytes(AuthorizationCode.randomBytes))
        grants.withLock { $0.add(grant, code: code.digest(Self.sha256)) }
        return code
    }

    /// What the code stands for; it is used up.
    func take(_ code: AuthorizationCode, now: UnixMillis) -> Redemption {
        grants.withLock { $0.take(code: code.digest(Self.sha256), now: now) }
    }

    /// A key was made for the code. `false` when the code came again meanwhile.
    func note(_ key: KeyID, madeFor code: AuthorizationCode) -> Bool {
        grants.withLock { $0.note(key, madeFor: code.digest(Self.sha256)) }
    }

    /// Counts a request of `peer`; seconds when it comes too early.
    func refusal(of peer: String, _ errand: StrangersErrand, now: UnixMillis) -> Int? {
        switch errand {
        case .registering: registrations.withLock { $0.refusal(of: peer, now: now) }
        case .authorizing: others.withLock { $0.refusal(of: peer, now: now) }
        case .connecting: browsers.withLock { $0.refusal(of: peer, now: now) }
        }
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] { SHA256Digest(of: bytes).bytes }

    // MARK: forms

    /// What a form carries that was made for the browser with this cookie and for this query. Hashed twice with the secret in
    /// front, as HMAC does it, so that nobody can go on where a digest ends.
    func seal(cookie: String, query: String) -> String {
        let inner = Self.sha256(secret + Array(cookie.utf8) + [UInt8(ascii: "\n")] + Array(query.utf8))
        return SHA256Digest(of: secret + inner).description
    }

    /// Whether `seal` is that of the form.
    func isSealed(_ seal: String, cookie: String, query: String) -> Bool {
        ConstantTime.areEqual(Array(seal.utf8), Array(self.seal(cookie: cookie, query: query).utf8))
    }

    /// A new browser's cookie.
    static func cookie() -> String { SHA256Digest(of: SecureRandom.bytes(32)).description }
}
