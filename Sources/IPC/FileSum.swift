// FileSum: a sum over the bytes of a file, the same on both sides of a backup.
//
// For: noticing a mistake or a bad disk between the copy a daemon made and the bytes that were kept of it. Not against forgery:
//     the other side is the daemon itself, and what lies in a backup is held by SHA-256.
// Refuses: nothing.
// Called by: BackupDuty (sends it), weirctl (compares it).

/// FNV-1a with 64 bits (draft-eastlake-fnv), fed in order.
public struct FileSum: Hashable, Sendable {
    /// The sum of what was fed so far.
    public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    public init() {}

    /// Feeds the next bytes.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        var sum = value
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        value = sum
    }

    /// Feeds the next bytes.
    public mutating func feed(_ bytes: [UInt8]) { bytes.withUnsafeBytes { feed($0) } }
}
