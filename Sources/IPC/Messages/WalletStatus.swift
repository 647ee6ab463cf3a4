// Wallet message 0x010B: status.
//
// For: walletd's table, `WalletClient`.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: gatewayd, cronjobd, weirctl (ask); walletd (answers).

public import Money
public import Tenancy

/// `wallet.status`: how walletd is.
public struct WalletStatusRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletStatus }
    public typealias Answer = WalletStatusAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The answer to `wallet.status`.
public struct WalletStatusAnswer: WireValue, Hashable {
    /// When the process started.
    public var startedAt: UnixMillis
    /// Whether it is about to stop.
    public var draining: Bool
    /// Wallets there are.
    public var wallets: UInt64
    /// Ledger entries there are.
    public var entries: UInt64
    /// Alive now.
    public var holds: UInt64
    /// Sum of the holds.
    public var held: Micros
    /// Movements queued for the next commit.
    public var pending: UInt32
    /// Peers connected.
    public var connections: UInt32
    /// Since the start.
    public var commits: UInt64
    /// Posted since the start.
    public var movements: UInt64
    /// Size of the ledger's file.
    public var databaseBytes: UInt64
    /// The instance number of its hello.
    public var instance: UInt64
    /// As in its hello.
    public var build: String

    public init(
        startedAt: UnixMillis, draining: Bool, wallets: UInt64, entries: UInt64, holds: UInt64, held: Micros,
        pending: UInt32, connections: UInt32, commits: UInt64, movements: UInt64, databaseBytes: UInt64,
        instance: UInt64, build: String
    ) {
        self.startedAt = startedAt
        self.draining = draining
        self.wallets = wallets
        self.entries = entries
        self.holds = holds
        self.held = held
        self.pending = pending
        self.connections = connections
        self.commits = commits
        self.movements = movements
        self.databaseBytes = databaseBytes
        self.instance = instance
        self.build = build
    }

    public func encode(to writer: inout WireWriter) {
        writer.time(startedAt)
        writer.flag(draining)
        writer.u64(wallets)
        writer.u64(entries)
        writer.u64(holds)
        writer.micros(held)
        writer.u32(pending)
        writer.u32(connections)
        writer.u64(commits)
        writer.u64(movements)
        writer.u64(databaseBytes)
        writer.u64(instance)
        writer.text(build, atMost: FieldLimits.shortName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        startedAt = try reader.time()
        draining = try reader.flag()
        wallets = try reader.u64()
        entries = try reader.u64()
        holds = try reader.u64()
        held = try reader.micros()
        pending = try reader.u32()
        connections = try reader.u32()
        commits = try reader.u64()
        movements = try reader.u64()
        databaseBytes = try reader.u64()
        instance = try reader.u64()
        build = try reader.text(atMost: FieldLimits.shortName)
    }
}
