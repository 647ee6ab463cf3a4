// LedgerLimits: how much of the wallet's memory askers may take.
//
// For: bounding holds, the only state that askers create without money moving.
// Refuses: nothing itself; Book refuses by these numbers.
// Called by: Book, walletd.

/// The bounds of holds. A hold takes about 100 bytes of memory.
public struct LedgerLimits: Hashable, Sendable {
    /// Holds one connection may have open. A gateway has one per attempt in flight and asks over one connection per loop;
    /// 65,536 is more sockets than a process has, and 7 MB.
    public var holdsPerConnection = 65_536

    /// Holds one tenant may have open, so that one tenant's flood leaves room for the others (case B-34): a quarter of a
    /// connection's.
    public var holdsPerTenant = 16_384

    public init() {}
}
