// LockedBytes: one secret on pages of its own.
//
// For: the few long-lived secrets, above all keys. A million of them would take a million pages; see SecretArena.
// Refuses: to be printed, to be copied but through a closure, to be empty or larger than `most`.
// Called by: SealingKey; tokend, for what it reads from credential files.

/// Secret bytes in locked memory, wiped when the last reference goes.
public final class LockedBytes: Sendable, Redacted {
    private let pages: SecretPages
    /// How many bytes the secret has. Lengths are not secret.
    public let count: Int

    /// The most bytes one of these holds: a mebibyte, far beyond any key or credential file.
    public static let most = 1 << 20

    /// Room for `count` bytes (1 … `most`), which `fill` writes.
    public convenience init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        self.init(pages: SecretPages(atLeast: count), count: count)
        fill(UnsafeMutableRawBufferPointer(start: pages.base, count: count))
    }

    /// Takes the secret over and overwrites where it came from with zeros. Another reference to the same array, if there
    /// is one, keeps its bytes: read a secret into an array nobody else has.
    public convenience init(taking bytes: inout [UInt8]) {
        self.init(count: bytes.count) { room in bytes.withUnsafeBytes(room.copyMemory(from:)) }
        bytes.withUnsafeMutableBytes { $0.wipe() }
        bytes = []
    }

    init(pages: SecretPages, count: Int) {
        precondition((1...min(pages.count, Self.most)).contains(count), "a locked secret has 1 to \(Self.most) bytes")
        (self.pages, self.count) = (pages, count)
    }

    /// What the kernel promised for this memory.
    public var protection: MemoryProtection { pages.protection }

    /// Calls `body` with the secret. The span cannot outlive the call; what `body` copies out of it is on its own.
    public func withBytes<Value: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(UnsafeRawBufferPointer(start: pages.base, count: count).bytes)
    }
}
