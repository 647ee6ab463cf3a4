// WalletRig: a wallet that answers on a real socket, with its ledger on a disk in memory.

import Glibc
import IPC
import Ledger
import Logging
import Money
import NIOCore
import NIOPosix
import Support
import Tenancy

@testable import walletd

/// One wallet and as many askers as a test wants. `stop` ends everything.
final class WalletRig {
    let faulty = FaultyFiles()
    private let folder = ScratchFolder("walletd")
    private(set) var wallet: OpenWallet
    private var clients: [AsyncWalletClient] = []
    private let limits: LedgerLimits

    static let loop = MultiThreadedEventLoopGroup.singleton.next()

    init(limits: LedgerLimits = LedgerLimits()) throws {
        self.limits = limits
        wallet = try Self.open(folder.path, faulty, limits)
    }

    var socket: String { folder.path + "/walletd.sock" }
    /// Where copies for backups are made, on a real disk.
    var copyPath: String { folder.path + "/wallet.db.copy" }
    var hasCopy: Bool { access(copyPath, F_OK) == 0 }

    private static func open(_ folder: String, _ faulty: FaultyFiles, _ limits: LedgerLimits) throws -> OpenWallet {
        let identity = PeerIdentity(role: .walletd, instance: .random(in: .min ... .max), build: "test")
        return try OpenWallet.open(
            WalletOptions(
                path: "/wallet.db", fileLayer: faulty.name, address: .path(folder + "/walletd.sock"),
                policy: .development(), batchMax: 256, limits: limits, check: .whole,
                process: .init(startedAt: UnixMillis(5), identity: identity, copyPath: folder + "/wallet.db.copy"),
                log: .silent))
    }

    /// An asker of that role on a connection of its own; `patience` is how long it waits for a wallet that is away.
    func asker(_ role: PeerRole, patience: TimeAmount = .seconds(10)) async -> AsyncWalletClient {
        let identity = PeerIdentity(role: role, instance: 1, build: "test")
        let client = await AsyncWalletClient(
            path: socket, eventLoop: Self.loop, identity: identity,
            settings: LinkSettings(seed: UInt64(clients.count), patience: patience))
        clients.append(client)
        return client
    }

    func restart() throws {
        try wallet.close()
        try reopen()
    }

    /// After `wallet.close()`.
    func reopen() throws { wallet = try Self.open(folder.path, faulty, limits) }

    func stop() async throws {
        for client in clients { await client.stop() }
        try wallet.close()
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Runs `body` with a wallet and stops it whatever happens.
func withWallet(limits: LedgerLimits = LedgerLimits(), _ body: (WalletRig) async throws -> Void) async throws {
    let rig = try WalletRig(limits: limits)
    do {
        try await body(rig)
    } catch {
        try? await rig.stop()
        throw error
    }
    try await rig.stop()
}

extension CreditRequest {
    init(_ reference: String, _ tenant: String, _ dollars: String) {
        self.init(
            amount: Micros(dollars: dollars)!, at: UnixMillis(1), reference: Reference(text: reference)!,
            tenant: TenantID(tenant)!, note: "test")
    }
}

extension HoldRequest {
    init(_ hold: UInt64, _ tenant: String, _ dollars: String, key: KeyID? = nil, cap: String? = nil) {
        self.init(
            hold: hold, amount: Micros(dollars: dollars)!, cap: cap.map { Micros(dollars: $0)! }, policy: .reserve,
            tenant: TenantID(tenant)!, budget: key)
    }
}

extension SettleRequest {
    init(_ reference: String, _ tenant: String, _ dollars: String, ending hold: UInt64 = 0, key: KeyID? = nil) {
        self.init(
            hold: hold, amount: Micros(dollars: dollars)!, at: UnixMillis(2), reference: Reference(text: reference)!,
            tenant: TenantID(tenant)!, budget: key)
    }
}
