// ConnectTickets: links that were given out for somebody's browser and lead to a vendor's page.
//
// For: a program with a key asks for a link, a person without one opens it: the ticket in it stands for what the key may do.
// Refuses: tickets that are unknown, too old, of another provider, or whose account was connected meanwhile; more than the
//          bounds below, where the oldest of the tenant, then of all, ends.
// Called by: ConnectionEndpoints. In memory: a restart ends them, and links are asked for again.

import Hashing
import IPC
import Synchronization
import Tenancy

/// What a link is for.
struct ConnectTicket: Equatable, Sendable {
    let account: AccountKey
    /// For people; empty for the account's name.
    let label: String
    /// What is asked for, separated by blanks; empty for what the definition says.
    let scopes: String
    /// Where the browser goes afterwards, judged; empty for nowhere.
    let returnTo: String
    /// The public name of the key that asked.
    let source: String
    /// What the tenant names of the account.
    let facts: [MetadataField]
    /// First instant at which it is refused.
    let expiresAt: UnixMillis
}

/// Tickets by the digest of their secret; a value, so that its rules can be tested without a clock.
struct TicketTable {
    /// How long a link is good, in milliseconds: a person reads a message and logs in.
    static let lifetime: Int64 = 600_000
    /// Tickets at most, each some 500 bytes, and as much again where a provider has fields.
    static let most = 10_000
    /// Tickets of one tenant at most: none can push out the others'.
    static let mostOfTenant = 32

    private var tickets: [[UInt8]: ConnectTicket] = [:]
    /// Digests of each tenant's tickets, the oldest first.
    private var own: [TenantID: [[UInt8]]] = [:]
    /// Digests in the order in which they were given out, those that have ended included until they come to the front.
    private var order: [[UInt8]] = []

    var count: Int { tickets.count }

    /// Keeps a ticket under the digest of its secret.
    mutating func add(_ ticket: ConnectTicket, digest: [UInt8], now: UnixMillis) {
        forget(before: now)
        let tenant = ticket.account.tenant
        if let own = own[tenant], own.count >= Self.mostOfTenant { end(own[0]) }
        if tickets.count >= Self.most, let oldest = order.first(where: { tickets[$0] != nil }) { end(oldest) }
        if order.count >= 2 * Self.most { order.removeAll { tickets[$0] == nil } }
        tickets[digest] = ticket
        own[tenant, default: []].append(digest)
        order.append(digest)
    }

    /// The ticket, as often as it is asked for: browsers load a page twice.
    func ticket(_ digest: [UInt8], of provider: ProviderID, now: UnixMillis) -> ConnectTicket? {
        guard let ticket = tickets[digest], ticket.account.provider == provider, now < ticket.expiresAt else {
            return nil
        }
        return ticket
    }

    /// The account is connected: links to connect it have done their work.
    mutating func connected(_ account: AccountKey) {
        for digest in own[account.tenant] ?? [] where tickets[digest]?.account == account { end(digest) }
    }

    /// What was given out first ends first.
    private mutating func forget(before now: UnixMillis) {
        let passed = order.prefix { tickets[$0].map { $0.expiresAt <= now } ?? true }
        for digest in passed { end(digest) }
        order.removeFirst(passed.count)
    }

    private mutating func end(_ digest: [UInt8]) {
        guard let ticket = tickets.removeValue(forKey: digest) else { return }
        let tenant = ticket.account.tenant
        own[tenant]?.removeAll { $0 == digest }
        if own[tenant]?.isEmpty ?? false { own[tenant] = nil }
    }
}

/// The table of all event loops.
final class ConnectTickets: Sendable {
    private let table = Mutex(TicketTable())

    /// Gives out a ticket: its secret, which is kept nowhere.
    func issue(_ ticket: ConnectTicket, now: UnixMillis) -> String {
        let secret = URLSecret.make()
        table.withLock { $0.add(ticket, digest: URLSecret.digest(secret), now: now) }
        return secret
    }

    func ticket(_ secret: String, of provider: ProviderID, now: UnixMillis) -> ConnectTicket? {
        guard URLSecret.isOne(secret) else { return nil }
        return table.withLock { $0.ticket(URLSecret.digest(secret), of: provider, now: now) }
    }

    func connected(_ account: AccountKey) { table.withLock { $0.connected(account) } }
}

/// Random values that stand in links and cookies.
enum URLSecret {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 258 bits cannot be guessed.
    static let length = 43

    /// As many random characters for URLs and cookies, 6 bits each.
    static func make() -> String {
        String(decoding: SecureRandom.bytes(length).map { alphabet[Int($0 & 63)] }, as: UTF8.self)
    }

    /// Whether `text` has the form of one.
    static func isOne(_ text: String) -> Bool {
        text.utf8.count == length && text.utf8.allSatisfy(alphabet.contains)
    }

    /// What is kept of one: whoever reads the memory or a dump of it cannot use the link.
    static func digest(_ secret: String) -> [UInt8] { SHA256Digest(of: Array(secret.utf8)).bytes }
}

/// What ties a callback to the browser that began: a cookie.
enum ConnectSession {
    /// Cookies with the prefix are taken from secure pages of this very host alone (RFC 6265bis §4.1.3.2): nobody at a
    /// neighbouring host can give a browser a session whose page they have agreed to themselves.
    static func cookieName(isSecure: Bool) -> String { isSecure ? "__Host-weir-connect" : "weir-connect" }

    /// The session in `cookie` fields; `nil` when there is none of ours.
    static func secret(inCookies fields: [String], isSecure: Bool) -> String? {
        let name = cookieName(isSecure: isSecure)
        for pair in fields.flatMap({ $0.split(separator: ";") }) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { continue }
            let value = String(parts[1])
            if URLSecret.isOne(value) { return value }
        }
        return nil
    }

    /// The field that sets it. It goes along when the vendor sends the browser back, which is a navigation from elsewhere:
    /// Lax, not Strict.
    static func cookie(_ secret: String, isSecure: Bool) -> String {
        let age = TicketTable.lifetime / 1000
        // The prefix wants the path of everything.
        let flags = "Path=\(isSecure ? "/" : "/oauth/connections"); Max-Age=\(age); HttpOnly; SameSite=Lax"
        return "\(cookieName(isSecure: isSecure))=\(secret); \(flags)\(isSecure ? "; Secure" : "")"
    }

    /// What tokend ties a state to: this browser and this provider, so that an answer of one provider cannot be used as
    /// another's (RFC 9700 §4.4).
    static func digest(_ secret: String, _ provider: ProviderID) -> [UInt8] {
        SHA256Digest(of: Array("\(provider)\n\(secret)".utf8)).bytes
    }
}
