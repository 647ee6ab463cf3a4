// KeyText: the secret a client sends, and what is kept of it.
//
// For: making keys, and refusing mistyped or foreign ones before anything is hashed.
// Refuses: anything that is not `weir_`, 36 base-62 characters and a matching 6-character checksum.
// Called by: gatewayd (authentication, key creation).

/// An API key in the clear. It is shown once, at creation, and never stored, logged or printed.
///
/// `weir_` + 36 random base-62 characters (214 bits) + 6 base-62 characters of CRC-32, so that a secret scanner can find
/// leaked keys and a typing error is told apart from an unknown key.
public struct KeyText: Sendable {
    /// The whole key, 47 ASCII bytes.
    public let bytes: [UInt8]

    /// The length of every key in bytes.
    public static let length = 47
    /// What every key begins with.
    public static let prefix = "weir_"
    private static let randomCharacters = 36

    /// A new key from a source of random bytes. The source must be cryptographically secure; it is asked until 36 unbiased
    /// characters are found.
    public init(random nextByte: () -> UInt8) {
        var bytes = Array(Self.prefix.utf8)
        while bytes.count < Self.prefix.utf8.count + Self.randomCharacters {
            let candidate = nextByte() & 63
            if candidate < 62 { bytes.append(Base62.digits[Int(candidate)]) }
        }
        self.bytes = bytes + Self.checksum(of: bytes[...])
    }

    /// Whether `bytes` has the form of a key with a matching checksum. Does not say that such a key exists.
    public static func isWellFormed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == length, bytes.starts(with: prefix.utf8) else { return false }
        let body = Array(bytes[..<(length - 6)])
        return body.dropFirst(5).allSatisfy(Base62.isDigit)
            && bytes[(length - 6)...].elementsEqual(checksum(of: body[...]))
    }

    /// What may be shown of a key for recognising it: its first nine and last four characters.
    public var display: String {
        String(decoding: bytes.prefix(9), as: UTF8.self) + "…" + String(decoding: bytes.suffix(4), as: UTF8.self)
    }

    /// The key itself: for the one answer that shows it.
    public func reveal() -> String { String(decoding: bytes, as: UTF8.self) }

    private static func checksum(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        var rest = CRC32.of(bytes)
        var digits = [UInt8](repeating: 0, count: 6)
        for index in digits.indices.reversed() {
            digits[index] = Base62.digits[Int(rest % 62)]
            rest /= 62
        }
        return digits
    }
}

extension KeyText: CustomStringConvertible, CustomDebugStringConvertible {
    /// Never the key.
    public var description: String { display }
    /// Never the key.
    public var debugDescription: String { display }
}

/// The SHA-256 of a key: what is stored, indexed and compared.
public struct KeyFingerprint: Hashable, Sendable {
    /// The digest as four big-endian words, kept inline so that a look-up allocates nothing.
    public let words: (UInt64, UInt64, UInt64, UInt64)

    /// `nil` unless exactly 32 bytes.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// The digest as 32 bytes, for storage.
    public var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    }

    public static func == (left: KeyFingerprint, right: KeyFingerprint) -> Bool {
        (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1) | (left.words.2 ^ right.words.2)
            | (left.words.3 ^ right.words.3) == 0
    }

    /// The digest is uniform already: its first word is hash enough.
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

enum Base62 {
    static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320), computed bit by bit: it runs over 41 bytes, once a request.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }

    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { crc, byte in table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    }
}
