// Identifiers of tenants and keys.
//
// For: names that operators type, clients never see each other's of, and logs carry.
// Refuses: characters that would need quoting in a shell, a URL, a log line or a file name; lengths out of bounds.
// Called by: everything that names a tenant or a key.

/// A tenant's permanent name: 1 to 63 of `a-z 0-9 - _`, beginning with a letter or digit. Chosen once, never reused.
public struct TenantID: Hashable, Sendable, CustomStringConvertible {
    /// The name itself.
    public let text: String

    /// The most characters a tenant id may have: a DNS label's worth.
    public static let longest = 63

    /// `nil` unless `text` follows the grammar above.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...Self.longest).contains(bytes.count), let first = bytes.first, Self.isWord(first) else { return nil }
        guard bytes.allSatisfy({ Self.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }) else {
            return nil
        }
        self.text = text
    }

    public var description: String { text }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// The public name of an API key: `key_` and 16 lower-case base-32 characters (80 random bits). Safe to log and to show.
///
/// Kept as a number: it travels with every hold, settlement and usage record, and a number is copied without counting
/// references.
public struct KeyID: Hashable, Sendable, CustomStringConvertible {
    private let high: UInt16
    private let low: UInt64

    /// The length of the text form in bytes.
    public static let textLength = 20

    /// `nil` unless `text` is `key_` and 16 characters of Crockford's base 32.
    public init?(_ text: String) {
        guard text.utf8.count == Self.textLength, text.hasPrefix("key_") else { return nil }
        guard let number = Base32.number(text.utf8.dropFirst(4), digits: 16) else { return nil }
        self.init(random: UInt16(truncatingIfNeeded: number >> 64), UInt64(truncatingIfNeeded: number))
    }

    /// A new identifier from 80 random bits.
    public init(random high: UInt16, _ low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The identifier with its prefix, 20 characters.
    public var text: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            write(to: UnsafeMutableRawPointer(start))
            return Self.textLength
        }
    }

    /// Writes the 20 bytes of the text form to `bytes`, which must have room for them.
    public func write(to bytes: UnsafeMutableRawPointer) {
        bytes.copyMemory(from: "key_", byteCount: 4)
        Base32.write(UInt128(high) << 64 | UInt128(low), digits: 16, to: bytes + 4)
    }

    public var description: String { text }
}

/// The identity of one client request: `req_` and 26 base-32 characters of a 128-bit, time-ordered number.
///
/// The same 128 bits are the request's ledger reference, so a line in a log leads to a line in the ledger.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// 48 bits of milliseconds since 1970, then 80 unique bits.
    public let number: UInt128

    public init(number: UInt128) { self.number = number }

    /// A new identifier: `milliseconds` since 1970 and 80 bits that make it unique.
    @inlinable
    public init(milliseconds: Int64, unique high: UInt16, _ low: UInt64) {
        number = UInt128(UInt64(bitPattern: milliseconds) & 0xFFFF_FFFF_FFFF) << 80 | UInt128(high) << 64 | UInt128(low)
    }

    /// Reads the text form back; `nil` when malformed.
    public init?(_ text: String) {
        guard text.hasPrefix("req_"), let number = Base32.number(text.utf8.dropFirst(4), digits: 26) else { return nil }
        self.number = number
    }

    public var description: String { "req_" + Base32.text(number, digits: 26) }
}

extension RequestID {
    /// Writes the 30 bytes of the text form to `bytes`, which must have room for them.
    public func write(to bytes: UnsafeMutableRawPointer) {
        bytes.copyMemory(from: "req_", byteCount: 4)
        Base32.write(number, digits: 26, to: bytes + 4)
    }

    /// The length of the text form in bytes.
    public static let textLength = 30
}

/// Crockford's base 32 in lower case: no i, l, o, u, so that an id can be read over a telephone.
enum Base32 {
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func text(_ number: UInt128, digits count: Int) -> String {
        String(unsafeUninitializedCapacity: count) { buffer in
            write(number, digits: count, to: UnsafeMutableRawPointer(buffer.baseAddress!))
            return count
        }
    }

    static func write(_ number: UInt128, digits count: Int, to bytes: UnsafeMutableRawPointer) {
        digits.withUnsafeBufferPointer { table in
            for index in 0..<count {
                let shift = UInt128((count - 1 - index) * 5)
                bytes.storeBytes(
                    of: table[Int(truncatingIfNeeded: number >> shift) & 31], toByteOffset: index, as: UInt8.self)
            }
        }
    }

    /// The value of every byte as a digit; 255 for those that are none.
    private static let values: [UInt8] = (0...255).map { byte in
        UInt8(digits.firstIndex(of: UInt8(byte)) ?? 255)
    }

    static func number(_ bytes: some Collection<UInt8>, digits count: Int) -> UInt128? {
        guard bytes.count == count else { return nil }
        var number: UInt128 = 0
        for byte in bytes {
            let digit = values[Int(byte)]
            guard digit < 32, number >> 123 == 0 else { return nil }
            number = number << 5 | UInt128(digit)
        }
        return number
    }
}
