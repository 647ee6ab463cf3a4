// The store by itself: full disks, damage, migrations, histories.

import Ledger
import Money
import Storage
import Support
import Tenancy
import Testing

@testable import walletd

@Suite struct StoreTests {
    let faulty = FaultyFiles()

    @Test func aFullDiskRefusesTheBatchAndReadsGoOn() throws {
        let store = try Store(faulty)
        var book = try store.makeBook(LedgerLimits())
        try store.post(&book, .credit("c1", "acme", "10"))
        faulty.limit(bytes: faulty.size)
        let error = #expect(throws: StorageError.self) { try store.post(&book, .settle("s1", "acme", "1")) }
        #expect(error?.kind == .full)
        #expect(error?.mayPass == true)
        let wallet = try #require(book.wallet(of: TenantID("acme")!))
        #expect(try store.history(of: wallet, before: nil, limit: 10).entries.count == 1)
        faulty.limit(bytes: nil)
        let again = try Store(faulty)
        #expect(try again.reconcile(.whole) == [])
        book = try again.makeBook(LedgerLimits())
        let outcome = try again.post(&book, .settle("s1", "acme", "1"))[0]
        #expect(outcome == .posted(Micros(dollars: "9")!))
    }

    @Test func aBatchIsAllOrNothing() throws {
        let store = try Store(faulty)
        var book = try store.makeBook(LedgerLimits())
        try store.post(&book, .credit("c1", "acme", "10"))
        var orders: [Order] = []
        for number in 0..<50 {
            guard case .queued(let order) = book.take(.credit("n\(number)", "tenant\(number)", "1")) else { return }
            orders.append(order)
        }
        faulty.plan(.forever(1))
        #expect(throws: StorageError.self) { try store.commit(orders) }
        faulty.plan(.none)
        #expect(try store.entry(Reference(text: "n0")!) == nil)
        #expect(try store.commit(orders).count == 50)
        #expect(try store.reconcile(.whole) == [])
    }

    @Test func numbersGivenToMovementsThatFailedLeaveGapsThatARestartAccepts() throws {
        let store = try Store(faulty)
        var book = try store.makeBook(LedgerLimits())
        let key = KeyID(random: 0, 1)
        faulty.plan(.forever(1))
        #expect(throws: StorageError.self) { try store.post(&book, .credit("c1", "lost", "1")) }
        faulty.plan(.none)
        try store.post(&book, .credit("c2", "kept", "1"), .settle("s1", "kept", "0.4", key: key))
        store.close()
        let again = try Store(faulty)
        book = try again.makeBook(LedgerLimits())
        #expect(book.standing(of: TenantID("lost")!) == nil)
        #expect(book.standing(of: TenantID("kept")!)?.balance == Micros(dollars: "0.6"))
        #expect(book.spent(by: key) == Micros(dollars: "0.4"))
        try again.post(&book, .credit("c3", "lost", "1"), .credit("c4", "other", "1"))
        #expect(try again.reconcile(.whole) == [])
    }

    @Test func aPageTokenOfAnotherWalletOrOfNobodyShowsNothing() throws {
        let store = try Store(faulty)
        var book = try store.makeBook(LedgerLimits())
        try store.post(&book, .credit("a1", "acme", "1"), .credit("b1", "brook", "1"), .credit("a2", "acme", "1"))
        let acme = try #require(book.wallet(of: TenantID("acme")!))
        #expect(try store.history(of: acme, before: Reference(text: "b1"), limit: 5).entries.isEmpty)
        #expect(try store.history(of: acme, before: Reference(text: "zz"), limit: 5).entries.isEmpty)
        let page = try store.history(of: acme, before: Reference(text: "a2"), limit: 5)
        #expect(page.entries.map(\.posting.reference) == [Reference(text: "a1")])
        #expect(!page.hasMore)
        #expect(try store.history(of: acme, before: nil, limit: 1).hasMore)
    }

    @Test func everythingAMovementCarriesComesBack() throws {
        let store = try Store(faulty)
        var book = try store.makeBook(LedgerLimits())
        let key = KeyID(random: 7, 7)
        let note = String(repeating: "ż", count: 128)
        try store.post(
            &book, .credit("c1", "acme", "5", note: note), .settle("s1", "acme", "2", key: key),
            .refund("r1", "s1", "1"))
        let credit = try #require(try store.entry(Reference(text: "c1")!))
        #expect(credit.posting.note == note && credit.posting.at == UnixMillis(1) && credit.previous == nil)
        let refund = try #require(try store.entry(Reference(text: "r1")!))
        #expect(refund.posting.kind == .refund && refund.posting.original == Reference(text: "s1"))
        #expect(refund.posting.budget != .none && book.key(of: refund.posting.budget) == key)
        #expect(
            refund.ordinal == 3 && refund.previous == Reference(text: "s1") && refund.balance == Micros(dollars: "4"))
        #expect((refund.posting.source, refund.posting.destination) == (.revenue, credit.posting.wallet))
    }
}

// MARK: damage

extension StoreTests {
    /// What an operator with an editor, or a broken disk, could do to a sound file, and whether the quick check sees it.
    static let damages: [(sql: String, endsSeeIt: Bool)] = [
        ("UPDATE accounts SET balance = balance + 1 WHERE number = 16", true),
        ("UPDATE accounts SET balance = balance + 1 WHERE number = 2", true),
        ("UPDATE accounts SET entries = entries - 1 WHERE number = 16", true),
        ("UPDATE accounts SET last = x'00' WHERE number = 16", true),
        ("DELETE FROM movements WHERE reference = CAST('s3' AS BLOB)", true),
        ("UPDATE movements SET balance = balance + 1 WHERE reference = CAST('s3' AS BLOB)", true),
        ("DELETE FROM movements WHERE reference = CAST('s1' AS BLOB)", false),
        ("UPDATE movements SET amount = amount + 1 WHERE reference = CAST('s1' AS BLOB)", false),
        ("UPDATE movements SET balance = balance + 1 WHERE reference = CAST('s1' AS BLOB)", false),
        ("UPDATE movements SET previous = NULL WHERE reference = CAST('s2' AS BLOB)", false),
        ("UPDATE movements SET kind = 9 WHERE reference = CAST('s1' AS BLOB)", false),
        ("UPDATE movements SET destination = 17 WHERE reference = CAST('s1' AS BLOB)", false),
        ("UPDATE budgets SET spent = spent + 1", false),
        ("UPDATE refunds SET amount = amount + 1", false),
        ("DELETE FROM refunds", false),
        ("INSERT INTO refunds VALUES (x'01', x'02', 3)", false),
        (
            "INSERT INTO movements SELECT CAST('s9' AS BLOB), kind, source, destination, amount, at, 9, balance, previous,"
                + " budget, original, note FROM movements WHERE reference = CAST('s3' AS BLOB)", false
        ),
    ]

    @Test(arguments: damages.indices) func damageIsFound(_ index: Int) throws {
        let (sql, endsSeeIt) = Self.damages[index]
        let store = try Store(faulty)
        var book = try store.makeBook(LedgerLimits())
        let key = KeyID(random: 0, 1)
        try store.post(
            &book, .credit("c1", "acme", "9"), .settle("s1", "acme", "1", key: key), .settle("s2", "acme", "1"),
            .refund("r1", "s1", "0.5"), .settle("s3", "acme", "1"))
        #expect(try store.reconcile(.whole) == [])
        try store.database.execute(sql)
        store.close()
        let again = try Store(faulty)
        let ends = (try? again.reconcile(.ends)) ?? [Finding("unreadable")]
        #expect(ends.isEmpty == !endsSeeIt, "\(sql): \(ends)")
        let whole = (try? again.reconcile(.whole)) ?? [Finding("unreadable")]
        // A row beyond the counted ones is a movement of later, as far as an audit of one moment can tell.
        let isBeyond = sql.hasPrefix("INSERT INTO movements")
        #expect(whole.isEmpty == isBeyond, "\(sql)")
    }
}

// MARK: migrations

extension StoreTests {
    @Test func theFirstMigrationIsTheOneThatWasReleased() {
        // A released migration is never edited. If this fails, put the text back and add a migration.
        let digest = Migrations.all[0].sql.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
        }
        #expect(digest == 5_665_491_350_468_282_450, "FNV-1a of migration 1: \(digest)")
        #expect(Migrations.all[0].name == "ledger")
    }

    @Test func aFileOfVersionOneWithMovementsIsServed() throws {
        let database = try Database(path: "/wallet.db", options: options)
        try Migrator(applicationID: "WeiW", migrations: [Migrations.all[0]]).bringUpToDate(database)
        try database.execute(Self.versionOne)
        database.close()
        let store = try Store(faulty)
        #expect(try store.reconcile(.whole) == [])
        let book = try store.makeBook(LedgerLimits())
        #expect(book.standing(of: TenantID("acme")!)?.balance == Micros(dollars: "7"))
        #expect(book.spent(by: KeyID("key_0000000000000001")!) == Micros(dollars: "3"))
    }

    private var options: DatabaseOptions {
        var options = DatabaseOptions()
        options.fileLayer = faulty.name
        return options
    }

    /// One wallet as release 0.1 wrote it.
    private static let versionOne = """
        UPDATE accounts SET balance = -10000000, entries = 1 WHERE number = 1;
        UPDATE accounts SET balance = 3000000, entries = 1 WHERE number = 2;
        INSERT INTO accounts VALUES (16, 'acme', 7000000, 2, CAST('s1' AS BLOB));
        INSERT INTO budgets VALUES (1, 'key_0000000000000001', 3000000);
        INSERT INTO movements VALUES (CAST('c1' AS BLOB), 1, 1, 16, 10000000, 1, 1, 10000000, NULL, NULL, NULL, 'first');
        INSERT INTO movements VALUES (CAST('s1' AS BLOB), 4, 16, 2, 3000000, 2, 2, 7000000, CAST('c1' AS BLOB), 1, NULL, NULL);
        """
}
