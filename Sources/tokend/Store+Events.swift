// Events: what was done to accounts, for as long as it is kept.
//
// For: the record that operators and tenants read; counts of accounts.
// Refuses: nothing; older rows go when there are too many.
// Called by: everything that changes an account, in the same transaction; Service.

import Storage
import Tenancy

/// How long events are kept.
struct EventRetention: Hashable, Sendable {
    /// Days.
    var days = 90
    /// Rows, whatever their age: a million accounts that are refreshed every hour write 278 a second.
    var most = 1_000_000
}

/// Which events are wanted.
struct EventFilter: Hashable, Sendable {
    var tenant: TenantID?
    /// Empty for all.
    var action = ""
    /// `PROVIDER/ACCOUNT`; empty for all.
    var subject = ""
    /// The first instant that counts.
    var since: UnixMillis?
}

/// Events, newest first.
struct EventPage: Hashable, Sendable {
    var events: [EventRecord] = []
    /// What is older is asked for before this number; `nil` when nothing is.
    var next: Int64?
}

/// How many accounts there are.
struct AccountCounts: Hashable, Sendable {
    var active = 0
    var pending = 0
    var dead = 0

    var all: Int { active + pending + dead }
}

extension Store {
    /// Events that one turn of upkeep removes: a transaction of some milliseconds.
    static let prunedAtOnce = 2_000
    /// Events that a page looks at, whether they are wanted or not: some 50 ms.
    static let eventsSeenMost = 50_000
    /// So many in a row that are older than what is asked for: a clock that was wrong for a while wrote fewer.
    static let eventsOldMost = 1000

    /// Part of a transaction.
    func append(_ event: EventRecord) throws(StorageError) {
        let insert = try database.prepare(
            """
            INSERT INTO events (at, tenant, provider, name, action, source, before, after, text)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """)
        insert.bind(1, event.at.value).bind(2, event.account?.tenant.text).bind(3, event.account?.provider.text)
        insert.bind(4, event.account?.account.text).bind(5, event.action.rawValue).bind(6, event.source)
        try insert.bind(7, event.before).bind(8, event.after).bind(9, event.text).run()
    }

    /// Events older than number `before`, at most `limit`. Numbers grow with time, but for a clock that was set: a run of
    /// events that are too old ends the search.
    func events(_ filter: EventFilter, before: Int64 = .max, limit: Int) throws(StorageError) -> EventPage {
        let tenants = filter.tenant == nil ? "?2 IS NULL" : "tenant = ?2"
        let select = try database.prepare(
            """
            SELECT number, at, tenant, provider, name, action, source, before, after, text FROM events
            WHERE number < ?1 AND \(tenants) ORDER BY number DESC
            """)
        select.bind(1, before).bind(2, filter.tenant?.text)
        defer { select.reset() }
        var (page, seen, old, last) = (EventPage(), 0, 0, before)
        while try select.step() {
            old = filter.since.map { UnixMillis(select.integer(1)) < $0 } == true ? old + 1 : 0
            if old > Self.eventsOldMost { return page }
            guard page.events.count < limit, seen < Self.eventsSeenMost else {
                page.next = last
                return page
            }
            (seen, last) = (seen + 1, select.integer(0))
            if let event = Self.readEvent(select), filter.wants(event) { page.events.append(event) }
        }
        return page
    }

    private static func readEvent(_ row: Statement) -> EventRecord? {
        guard let action = EventAction(rawValue: row.text(5)) else { return nil }
        var account: AccountKey?
        if let tenant = TenantID(row.text(2)), let provider = ProviderID(row.text(3)),
            let name = AccountName(row.text(4))
        {
            account = AccountKey(tenant: tenant, provider: provider, account: name)
        }
        return EventRecord(
            number: row.integer(0), at: UnixMillis(row.integer(1)), account: account, action: action,
            source: row.text(6), before: row.text(7), after: row.text(8), text: row.text(9))
    }

    /// Removes some of what is too old or too much; whether there may be more. Part of a transaction.
    func pruneEvents(_ retention: EventRetention, at now: UnixMillis) throws(StorageError) -> Bool {
        let newest = try database.prepare("SELECT max(number) FROM events").firstRow { $0.integer(0) } ?? 0
        let (excess, oldest) = (newest - Int64(retention.most), now.value - Int64(retention.days) * 86_400_000)
        var (seen, last) = (0, Int64(0))
        // By number, which is by time: the first that stays ends the search.
        let select = try database.prepare("SELECT number, at FROM events ORDER BY number LIMIT ?1")
        select.bind(1, Int64(Self.prunedAtOnce))
        while try select.step(), select.integer(0) <= excess || select.integer(1) < oldest {
            (seen, last) = (seen + 1, select.integer(0))
        }
        select.reset()
        guard seen > 0 else { return false }
        try database.prepare("DELETE FROM events WHERE number <= ?1").bind(1, last).run()
        return seen == Self.prunedAtOnce
    }

    func counts() throws(StorageError) -> AccountCounts {
        var counts = AccountCounts()
        try database.prepare("SELECT state, count(*) FROM accounts GROUP BY state").forEachRow { row in
            switch UInt8(exactly: row.integer(0)) {
            case 1: counts.active = Int(row.integer(1))
            case 2: counts.pending = Int(row.integer(1))
            default: counts.dead += Int(row.integer(1))
            }
        }
        return counts
    }
}

extension EventFilter {
    /// The tenant aside.
    fileprivate func wants(_ event: EventRecord) -> Bool {
        let name = event.account.map { "\($0.provider)/\($0.account)" } ?? ""
        return (since.map { event.at >= $0 } ?? true) && (action.isEmpty || action == event.action.rawValue)
            && (subject.isEmpty || subject == name)
    }
}
