// A backup of a wallet that is being spent from: it is a sound ledger of one moment, nothing waits for it for long, and nothing
// of it stays in the wallet's folder.

import Glibc
import IPC
import Ledger
import Money
import NIOCore
import Storage
import Support
import Synchronization
import Tenancy
import Testing

@testable import walletd

@Suite(.timeLimit(.minutes(5))) struct BackupTests {
    private let folder = ScratchFolder("backup")

    /// Receives a backup into a file, and tells where.
    private func take(_ client: AsyncWalletClient, to name: String = "wallet.db") async throws -> String {
        let path = "\(folder.path)/\(name)"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        var sum = FileSum()
        let items = client.backup().makeAsyncIterator()
        while let chunk = try await items.next() {
            sum.feed(chunk.bytes)
            try #require(pwrite(file, chunk.bytes, chunk.bytes.count, off_t(chunk.offset)) == chunk.bytes.count)
        }
        let end = try #require(items.end)
        #expect(end.sum == sum.value)
        #expect(lseek(file, 0, SEEK_END) == off_t(end.size))
        return path
    }

    /// Opens a backup as walletd would, checks all of it, and looks into it.
    private func look<Value>(_ path: String, _ body: (Store) throws -> Value) throws -> Value {
        let store = try Store(path: path)
        defer { store.close() }
        #expect(try store.reconcile(.whole) == [], "\(path)")
        return try body(store)
    }

    /// Entries in a new backup.
    private func entries(of client: AsyncWalletClient) async throws -> Int {
        let path = try await take(client)
        return try look(path) { try $0.slice(after: [], limit: 100_000).count }
    }

    /// Entries of a ledger that is larger than the window of a stream: its backup is under way until it is taken.
    private static let many = 24_000

    private func fill(_ client: AsyncWalletClient) async throws {
        for first in stride(from: 0, to: Self.many, by: 1_000) {
            try await withThrowingTaskGroup { credits in
                for number in first..<(first + 1_000) {
                    credits.addTask { _ = try await client.credit(CreditRequest("c\(number)", "acme", "1")) }
                }
                try await credits.waitForAll()
            }
        }
    }

    @Test func aBackupIsTheLedger() async throws {
        try await withWallet { rig in
            let client = await rig.asker(.weirctl)
            for number in 0..<300 { _ = try await client.credit(CreditRequest("c\(number)", "t\(number % 7)", "1")) }
            #expect(try await entries(of: client) == 300)
            #expect(!rig.hasCopy)
        }
    }

    /// Spends until it is told to stop, and keeps what was acknowledged, in order.
    private func spend(_ client: AsyncWalletClient, _ name: String, until isOver: Flag) async throws -> [String] {
        var acknowledged: [String] = []
        while !isOver.isSet {
            let reference = "\(name)-\(acknowledged.count)"
            let answer = try await client.settle(SettleRequest(reference, "acme", "0.001"))
            guard case .posted = answer.outcome else { continue }
            acknowledged.append(reference)
        }
        return acknowledged
    }

    @Test func underLoadABackupHasEverythingThatWasAcknowledgedBeforeItAndIsSound() async throws {
        try await withWallet { rig in
            let client = await rig.asker(.weirctl)
            _ = try await client.credit(CreditRequest("c", "acme", "1000"))
            for number in 0..<3_000 { _ = try await client.credit(CreditRequest("f\(number)", "t\(number % 50)", "1")) }
            let isOver = Flag()
            var spenders: [Task<[String], any Error>] = []
            for number in 0..<8 {
                let gateway = await rig.asker(.gatewayd)
                spenders.append(Task { try await spend(gateway, "s\(number)", until: isOver) })
            }
            for round in 0..<5 {
                let before = try await client.debit(DebitRequest("mark-\(round)", "acme", "0.01"))
                #expect(before.outcome == .posted)
                let path = try await take(client, to: "\(round).db")
                let marks = try look(path) { store in
                    try (0...round).filter { try store.entry(Reference(text: "mark-\($0)")!) != nil }
                }
                #expect(marks == Array(0...round))
            }
            isOver.set()
            var spent = 0
            for spender in spenders { spent += try await spender.value.count }
            #expect(spent > 100, "\(spent) settlements while five backups were made")
            #expect(!rig.hasCopy)
        }
    }

    /// What the wallet remembers of each spender is a prefix of what the spender was told: no hole, no half commit.
    @Test func aBackupHasNoHoles() async throws {
        try await withWallet { rig in
            let client = await rig.asker(.weirctl)
            _ = try await client.credit(CreditRequest("c", "acme", "1000"))
            for number in 0..<2_000 { _ = try await client.credit(CreditRequest("f\(number)", "t\(number % 50)", "1")) }
            let isOver = Flag()
            let gateway = await rig.asker(.gatewayd)
            let spender = Task { try await spend(gateway, "s", until: isOver) }
            let path = try await take(client)
            isOver.set()
            let told = try await spender.value
            let known = try look(path) { store in try told.map { try store.entry(Reference(text: $0)!) != nil } }
            let first = known.firstIndex(of: false) ?? known.count
            #expect(!known[first...].contains(true))
        }
    }

    @Test func aSecondBackupWaitsItsTurnAndARefusedOneHarmsNothing() async throws {
        try await withWallet { rig in
            let (one, other) = (await rig.asker(.weirctl), await rig.asker(.weirctl))
            try await fill(one)
            let items = one.backup().makeAsyncIterator()
            _ = try await items.next()
            let error = await #expect(throws: CallFailure.self) {
                _ = try await other.backup().makeAsyncIterator().next()
            }
            #expect(error == .refused(.overloaded, "a backup is being made already"))
            while try await items.next() != nil {}
            let end = try #require(items.end)
            let window = UInt64(IPCLimits.initialWindow) * UInt64(FieldLimits.chunk)
            #expect(end.size > window, "otherwise it ended by itself")
            #expect(try await entries(of: other) == Self.many)
        }
    }

    @Test func aWalletThatIsClosedDuringABackupIsWhole() async throws {
        try await withWallet { rig in
            let client = await rig.asker(.weirctl)
            try await fill(client)
            let items = client.backup().makeAsyncIterator()
            _ = try await items.next()
            try rig.restart()
            #expect(!rig.hasCopy)
            #expect(try await entries(of: await rig.asker(.weirctl)) == Self.many)
        }
    }

    @Test func whatACrashLeftIsRemovedAtStart() async throws {
        try await withWallet { rig in
            try rig.wallet.close()
            let file = open(rig.copyPath, O_WRONLY | O_CREAT, 0o600)
            try #require(write(file, "left", 4) == 4)
            close(file)
            try rig.reopen()
            #expect(!rig.hasCopy)
        }
    }

    @Test func aFolderThatTakesNoCopyRefusesItAndTheWalletGoesOn() async throws {
        try await withWallet { rig in
            let client = await rig.asker(.weirctl)
            try #require(mkdir(rig.copyPath, 0o700) == 0)
            let error = await #expect(throws: CallFailure.self) {
                _ = try await client.backup().makeAsyncIterator().next()
            }
            guard case .refused(.unavailable, _) = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
            #expect(try await client.credit(CreditRequest("c", "acme", "1")).outcome == .posted)
            try #require(rmdir(rig.copyPath) == 0)
            #expect(try await entries(of: client) == 1)
        }
    }
}

/// Set by one task, seen by others.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

extension DebitRequest {
    fileprivate init(_ reference: String, _ tenant: String, _ dollars: String) {
        self.init(
            amount: Micros(dollars: dollars)!, at: UnixMillis(3), reference: Reference(text: reference)!,
            tenant: TenantID(tenant)!, budget: nil, note: "")
    }
}
