// The store by itself: a disk that fails at every operation in turn, power cuts, retention.

import Connections
import DaemonKit
import IPC
import Storage
import Support
import Tenancy
import Testing
import Vault

@testable import Refresh
@testable import tokend

@Suite struct StoreTests {
    private let faulty = FaultyFiles()
    private let now = UnixMillis(1_000_000)

    private func open() throws -> Store { try Store(path: "/token.db", fileLayer: faulty.name, ring: .test()) }

    private func new(_ name: String, secret: String = "s0", refresh: String = "r0") -> NewAccount {
        NewAccount(
            key: named(name), kind: .oauth, state: .active, refreshes: true, expiry: UnixMillis(5_000_000),
            endpoint: nil,
            client: nil, user: "", label: name, scopes: "read", facts: [MetadataField(name: "site", value: "x")],
            secrets: AccountSecrets(secret: Secret(secret.utf8), refreshToken: Secret(refresh.utf8)), replaces: true,
            source: "test")
    }

    private func text(_ secret: Secret?) -> String? { secret?.withBytes { String(decoding: $0, as: UTF8.self) } }

    /// What an account holds, as far as the store can be read.
    private func held(_ store: Store, _ name: String) throws -> (secret: String?, refresh: String?, version: UInt32)? {
        guard let record = try store.account(named(name)) else { return nil }
        let secrets = try store.secrets(SealedField.allCases, of: record.id, record.key).get()
        return (text(secrets.secret), text(secrets.refreshToken), record.version)
    }

    /// One refresh as RefreshLoop makes it: a mark, then the tokens; each its own transaction.
    private func refresh(_ store: Store, _ name: String) throws {
        guard let record = try store.account(named(name)) else { return }
        _ = try store.database.transaction { () throws(StorageError) in try store.beginCall(record.id, at: now) }
        let tokens = GrantedTokens(
            accessToken: Secret("s1".utf8), refreshToken: Secret("r1".utf8), scopes: nil, facts: [])
        let renewal = Renewal(version: record.version + 1, expiry: UnixMillis(9_000_000), replacesRefreshToken: true)
        _ = try store.database.transaction { () throws(StorageError) in
            try store.renew(record.id, renewal, tokens, source: "test", at: now)
        }
    }

    @Test func aFaultAtAnyOperationLeavesAllOfAChangeOrNothing() throws {
        var isDone = false
        var number = 1
        while !isDone {
            let faulty = FaultyFiles()
            var store = try Store(path: "/token.db", fileLayer: faulty.name, ring: .test())
            try store.database.transaction { () throws(StorageError) in _ = try store.put(new("a"), atMost: 9, at: now)
            }
            faulty.plan(.forever(number))
            let failed = (try? refresh(store, "a")) == nil
            isDone = !faulty.hasFailed
            faulty.plan(.none)
            store.close()
            store = try Store(path: "/token.db", fileLayer: faulty.name, ring: .test())
            let held = try #require(try held(store, "a"))
            let id = try #require(try store.account(named("a"))).id
            let isMarked = try #require(try store.stored(id)).isMarked
            // Old with old or new with new, and a call that may have rotated is never without its mark.
            let isOld = held == (secret: "s0", refresh: "r0", version: 1)
            let isNew = held == (secret: "s1", refresh: "r1", version: 2)
            #expect(isOld || isNew && !isMarked, "fault at \(number): \(held), marked \(isMarked)")
            if !failed { #expect(isNew, "fault at \(number)") }
            number += 1
            store.close()
        }
        #expect(number > 10)
    }

    @Test func aPowerCutAfterAnyChangeKeepsWhatWasCommitted() throws {
        var random = SeededRandom.forTest()
        for round in 0..<40 {
            let faulty = FaultyFiles()
            let store = try Store(path: "/token.db", fileLayer: faulty.name, ring: .test())
            try store.database.transaction { () throws(StorageError) in _ = try store.put(new("a"), atMost: 9, at: now)
            }
            let isRefreshed = round % 2 == 1
            if isRefreshed { try refresh(store, "a") }
            faulty.cutPower(&random)
            let again = try Store(path: "/token.db", fileLayer: faulty.name, ring: .test())
            let held = try #require(try held(again, "a"))
            #expect(held.refresh == (isRefreshed ? "r1" : "r0"), "seed \(random.seed)")
            again.close()
        }
    }

    @Test func anAnswerToAnOlderVersionIsNotWritten() throws {
        let store = try open()
        _ = try store.put(new("a"), atMost: 9, at: now)
        _ = try store.put(new("a", secret: "s5", refresh: "r5"), atMost: 9, at: now)
        let id = try #require(try store.account(named("a"))).id
        let tokens = GrantedTokens(accessToken: Secret("s1".utf8), refreshToken: nil, scopes: nil, facts: [])
        let renewal = Renewal(version: 2, expiry: UnixMillis(9), replacesRefreshToken: false)
        #expect(
            try store.renew(id, renewal, tokens, source: "test", at: now)
                == .superseded(StoredCredential(version: 2, expiry: UnixMillis(5_000_000))))
        #expect(try held(store, "a")?.secret == "s5")
        #expect(try !store.bury(id, version: 1, .grantRefused, at: now))
    }

    @Test func aReloadDuringARotationTurnsTheRestOfItToTheNewKey() throws {
        let store = try open()
        _ = try store.put(new("a"), atMost: 9, at: now)
        try store.adopt(.test(2, older: [1]))
        let plan = RotationPlan(to: store.ring)
        // Nothing is under key 2 yet, so that it may go.
        try store.adopt(.test(3, older: [1]))
        let (rest, unreadable) = try store.rotate(plan)
        #expect(unreadable.isEmpty && rest.tally.resealed == 3)
        #expect(try store.oldSealed() == 0)
        #expect(try held(store, "a")?.secret == "s0")
        try store.adopt(.test(3))
    }

    @Test func eventsAreKeptAsLongAndAsManyAsIsSaid() throws {
        let store = try open()
        for number in 0..<50 {
            try store.append(EventRecord(at: UnixMillis(Int64(number)), action: .tested, source: "test"))
        }
        let retention = EventRetention(days: 1, most: 20)
        #expect(try !store.pruneEvents(retention, at: UnixMillis(0)))
        #expect(try store.events(EventFilter(), limit: 100).events.map(\.number) == (31...50).reversed())
        #expect(try !store.pruneEvents(retention, at: UnixMillis(86_400_000 + 40)))
        #expect(try store.events(EventFilter(), limit: 100).events.map(\.at.value) == (40..<50).reversed())
    }

    @Test func eventsAreFoundByWhatWasDoneToWhichAccountSinceWhen() throws {
        let store = try open()
        let (a, b) = (named("a"), named("b", of: "other"))
        let deeds: [(AccountKey?, EventAction)] = [
            (a, .connected), (b, .connected), (a, .tested), (nil, .rotated), (a, .tested),
        ]
        for (index, deed) in deeds.enumerated() {
            let at = UnixMillis(Int64(index) + 1)
            try store.append(EventRecord(at: at, account: deed.0, action: deed.1, source: "test"))
        }
        /// Their numbers, and then the one before which there may be more.
        func found(_ filter: EventFilter, before: Int64 = .max, limit: Int = 10) throws -> [Int64?] {
            let page = try store.events(filter, before: before, limit: limit)
            return page.events.map { Optional($0.number) } + [page.next]
        }
        #expect(try found(EventFilter()) == [5, 4, 3, 2, 1, nil])
        #expect(try found(EventFilter(tenant: a.tenant)) == [5, 3, 1, nil])
        #expect(try found(EventFilter(action: "tested")) == [5, 3, nil])
        #expect(try found(EventFilter(subject: "\(b.provider)/b")) == [2, nil])
        #expect(try found(EventFilter(action: "tested", since: UnixMillis(4))) == [5, nil])
        #expect(try found(EventFilter(tenant: a.tenant, since: UnixMillis(6))) == [nil])
        #expect(try found(EventFilter(action: "connected"), limit: 1) == [2, 2])
        // One of a clock that was behind hides none before it.
        try store.append(EventRecord(at: UnixMillis(0), account: a, action: .removed, source: "test"))
        #expect(try found(EventFilter(since: UnixMillis(4))) == [5, 4, nil])
        #expect(try found(EventFilter(action: "connected"), before: 2, limit: 1) == [1, nil])
    }

    /// A page that finds nothing ends all the same, and the next one goes on.
    @Test func aPageLooksAtSoManyEventsAndNoMore() throws {
        let store = try open()
        try store.append(EventRecord(at: UnixMillis(1), account: named("a"), action: .removed, source: "test"))
        for _ in 0..<Store.eventsSeenMost {
            try store.append(EventRecord(at: UnixMillis(2), action: .tested, source: "test"))
        }
        let first = try store.events(EventFilter(action: "removed"), limit: 10)
        #expect(first.events.isEmpty && first.next == 2)
        let second = try store.events(EventFilter(action: "removed"), before: 2, limit: 10)
        #expect(second.events.map(\.number) == [1] && second.next == nil)
    }

    @Test func whatATenantNamesIsThereWhenItsFlowEndsAlsoInAFileOfTheFirstShape() throws {
        var options = DatabaseOptions()
        options.fileLayer = faulty.name
        let old = try Database(path: "/token.db", options: options)
        try Migrator(applicationID: "WeiT", migrations: Array(Migrations.all.prefix(1))).bringUpToDate(old)
        old.close()
        let store = try open()
        let facts = [MetadataField(name: "region", value: "eu & a=b+%20ü"), MetadataField(name: "site", value: "x")]
        let record = ConnectingRecord(
            account: named("a"), label: "", session: [1], redirect: "", scopes: "", back: "", source: "",
            facts: facts, verifier: Secret([UInt8(1)]), expires: UnixMillis(1_000_001))
        try store.begin(record, state: [2], at: now)
        #expect(try store.finish(state: [2], session: [1], at: now).get().facts == facts)
    }

    @Test func connectionsThatWaitAreBounded() throws {
        let store = try open()
        try store.database.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < \(Store.connectingMost - 1))
            INSERT INTO connecting
                (state, session, tenant, provider, name, redirect, scopes, back, source, verifier, expires, label)
            SELECT CAST('filler' || i AS BLOB), x'01', 't' || i, 'acme', 'a', '', '', '', '', '', 1000000 + i, '' FROM n
            """)
        for number in Store.connectingMost..<(Store.connectingMost + 10) {
            let record = ConnectingRecord(
                account: named("a"), label: "", session: [1], redirect: "", scopes: "", back: "", source: "",
                facts: [], verifier: Secret([UInt8(1)]), expires: UnixMillis(1_000_000 + Int64(number)))
            let state = [UInt8](withUnsafeBytes(of: number.bigEndian, Array.init))
            try store.begin(record, state: state, at: UnixMillis(0))
        }
        let count = try store.database.prepare("SELECT count(*) FROM connecting").firstRow { $0.integer(0) }
        #expect(count == Int64(Store.connectingMost))
        let last = [UInt8](withUnsafeBytes(of: (Store.connectingMost + 9).bigEndian, Array.init))
        let found = try store.finish(state: last, session: [1], at: UnixMillis(1_000_000_000))
        guard case .failure(.expired) = found else {
            Issue.record("a flow ends after its time")
            return
        }
    }
}
