// Reference: the name a movement of money is known by, once and for ever.
//
// For: idempotency. The same reference with the same content is answered the same; with other content it is refused.
// Refuses: empty references, references above 64 bytes, text that is not printable ASCII.
// Called by: Ledger, IPC, gatewayd (machine references), weirctl (operators' references).

/// The identity of one ledger movement: 1 to 64 bytes.
///
/// Two kinds share one key space and cannot meet: *machine* references are 16 bytes beginning with a 48-bit big-endian
/// millisecond time (first byte below 0x20 until the year 3084), so that new rows are appended at the end of the ledger's
/// tree; *text* references are printable ASCII (first byte from 0x21).
public struct Reference: Hashable, Sendable {
    /// The bytes, 1 to 64.
    public let bytes: [UInt8]

    /// The most bytes a reference may have; fits every payment provider's object id.
    public static let longest = 64

    /// Any stored or received reference; `nil` when empty or too long.
    public init?(bytes: [UInt8]) {
        guard (1...Self.longest).contains(bytes.count) else { return nil }
        self.bytes = bytes
    }

    /// An operator's or payment provider's reference; `nil` unless 1 to 64 printable ASCII characters without spaces.
    public init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.init(bytes: bytes)
    }

    /// A machine reference: `milliseconds` since 1970 (48 bits kept) and 80 bits that make it unique.
    public init(milliseconds: Int64, unique high: UInt16, _ low: UInt64) {
        var bytes = [UInt8]()
        bytes.reserveCapacity(16)
        for shift in stride(from: 40, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: milliseconds >> Int64(shift)))
        }
        withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
        self.bytes = bytes
    }
}

extension Reference: CustomStringConvertible {
    /// Text references as they are, machine references as hexadecimal digits.
    public var description: String {
        if bytes.allSatisfy({ (0x21...0x7E).contains($0) }) { return String(decoding: bytes, as: UTF8.self) }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
