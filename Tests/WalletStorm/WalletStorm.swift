// WalletStorm: kills walletd again and again while it moves money, and looks for a lost cent.
//
// For: "kill -9 at any instant: every acknowledged movement is there once". The rounds of `swift test` are few; a system test
//     may ask for hundreds.
// Refuses: nothing; the first contradiction ends the storm with a sentence and the seed.
// Called by: walletdTests, SystemTests.

import Glibc
import IPC
import Money
import NIOCore
import NIOPosix
public import Support
import Tenancy

/// A storm and its terms.
public struct WalletStorm: Sendable {
    /// The binary.
    public let walletd: String
    /// An existing folder that the storm may fill.
    public let folder: String
    public let rounds: Int
    /// Movements under way at once.
    public let workers: Int
    /// At most so many acknowledgements between a start and the kill.
    public let acknowledgementsMax: Int

    public init(
        walletd: String, folder: String, rounds: Int, workers: Int = 48, acknowledgementsMax: Int = 300
    ) {
        self.walletd = walletd
        self.folder = folder
        self.rounds = rounds
        self.workers = workers
        self.acknowledgementsMax = acknowledgementsMax
    }

    /// What a storm has seen.
    public struct Report: Sendable {
        /// Movements acknowledged, and found exactly once afterwards.
        public let acknowledged: Int
        /// Movements cut off by a kill and resolved by asking again.
        public let resolved: Int
    }

    /// Runs all rounds, then the last accounts. Throws `StormFailure`.
    public func run(_ random: SeededRandom) async throws -> Report {
        let book = StormBook(random: random)
        var resolved = 0
        do {
            try configure()
            for _ in 0..<rounds { resolved += try await round(book) }
            try await settleAccounts(book)
            return Report(acknowledged: await book.acknowledged.count, resolved: resolved)
        } catch {
            throw StormFailure("seed \(random.seed): \(error)")
        }
    }

    private var socket: String { folder + "/walletd.sock" }

    private func configure() throws {
        let text = "walletd:\n  socket: \(socket)\n  state_directory: \(folder)/state\n"
        guard let file = fopen(folder + "/weir.yaml", "w") else { throw StormFailure("\(folder) cannot be written") }
        fputs(text, file)
        fclose(file)
    }

    private func start() throws -> DaemonProcess {
        try DaemonProcess(walletd, ["--config", folder + "/weir.yaml"], log: folder + "/log")
    }

    /// Starts walletd, holds it to what it said before, loads it, kills it. Returns how many movements that had been cut off
    /// were resolved.
    private func round(_ book: StormBook) async throws -> Int {
        let daemon = try start()
        let askers = await connect()
        let resolved = try await askAgain(book, askers)
        let gust = Gust(await book.draw(0..<acknowledgementsMax), then: UInt32(await book.draw(0..<3_000)), daemon.id)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<workers { group.addTask { try await work(book, askers, gust) } }
            try await group.waitForAll()
        }
        await askers.stop()
        daemon.kill()
        return resolved
    }

    /// One asker, until the connection breaks.
    private func work(_ book: StormBook, _ askers: Askers, _ gust: Gust) async throws {
        while true {
            let movement = await book.next()
            await book.asked(movement)
            do {
                if await book.draw(0..<4) == 0 { try await askers.gatewayd.hold(movement.hold) }
                try await book.answered(movement, movement.ask(askers))
                await gust.acknowledged()
            } catch let failure as CallFailure {
                guard await gust.hasCome else { throw StormFailure("before the kill: \(movement): \(failure)") }
                return
            }
        }
    }
}

// MARK: after a start

extension WalletStorm {
    private func connect() async -> Askers {
        func settings(_ seed: UInt64) -> LinkSettings { LinkSettings(seed: seed, patience: .seconds(20)) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return Askers(
            gatewayd: await AsyncWalletClient(
                path: socket, eventLoop: loop, identity: PeerIdentity(role: .gatewayd, instance: 1, build: "storm"),
                settings: settings(1)),
            weirctl: await AsyncWalletClient(
                path: socket, eventLoop: loop, identity: PeerIdentity(role: .weirctl, instance: 2, build: "storm"),
                settings: settings(2)))
    }

    /// No hold has outlived the process, and everything acknowledged is still so. Returns how many movements without an answer
    /// have one now.
    private func askAgain(_ book: StormBook, _ askers: Askers) async throws -> Int {
        for tenant in Movement.tenants {
            let standing = try await askers.weirctl.balance(BalanceRequest(tenant: tenant))
            guard standing.held == .zero else { throw StormFailure("\(tenant) has a phantom hold of \(standing.held)") }
        }
        let unanswered = await book.unanswered.count
        let again = await book.takeForAskingAgain()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for movement in again { group.addTask { try await book.answered(movement, movement.ask(askers)) } }
            try await group.waitForAll()
        }
        return unanswered
    }

    /// After the last kill: the histories are exactly what was acknowledged, and the audit agrees.
    private func settleAccounts(_ book: StormBook) async throws {
        let daemon = try start()
        let askers = await connect()
        _ = try await askAgain(book, askers)
        let acknowledged = await book.acknowledged
        for tenant in Movement.tenants {
            let expected = acknowledged.keys.filter { $0.tenant == tenant }.map(\.reference)
            let found = try await history(tenant, askers)
            guard found.count == expected.count, Set(found) == Set(expected) else {
                throw StormFailure("\(tenant) has \(found.count) movements and \(expected.count) were acknowledged")
            }
        }
        try await audit(askers, acknowledged.count)
        await askers.stop()
        let status = daemon.stop()
        guard status == 0 else { throw StormFailure("walletd ended with \(status)") }
    }

    private func history(_ tenant: TenantID, _ askers: Askers) async throws -> [Reference] {
        var found: [Reference] = []
        var before: Reference?
        repeat {
            let page = try await askers.weirctl.history(HistoryRequest(tenant: tenant, before: before, limit: 500))
            found += page.entries.map(\.reference)
            before = page.next
        } while before != nil
        return found
    }

    private func audit(_ askers: Askers, _ movements: Int) async throws {
        let stream = askers.weirctl.audit().makeAsyncIterator()
        while try await stream.next() != nil {}
        guard let end = stream.end, end.sound, end.sum == .zero, end.entries == UInt64(movements) else {
            throw StormFailure("the audit of \(movements) movements says \(stream.end.map { "\($0)" } ?? "nothing")")
        }
    }
}
