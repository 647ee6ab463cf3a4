// SealingKey: one key of the ring, made of the operator's key material.
//
// For: deriving everything from CONFIG_ENCRYPTION_KEY: the key's name and the key of each place.
// Refuses: material that is too short, too long or visibly not random. To be printed or stored.
// Called by: KeyRing; tokend makes them from its credential files.
//
// Each place (owner, provider, row, field) is sealed under a key of its own, expanded from the extracted one. With random
// nonces of 96 bits one AES-GCM key may seal 2^32 times (NIST SP 800-38D §8.3: the odds of a repeated nonce are then 2^-33).
// A million accounts refreshed every hour, two fields each, come to 2^32 in 90 days; one place, sealed every hour, in
// half a million years. So no count has to be kept, and none can be lost (docs/decisions/0004).

/// Why key material is refused.
public enum KeyRefusal: Error, Hashable, Sendable {
    /// Fewer than `SealingKey.leastMaterial` bytes; how many there were.
    case tooShort(Int)
    /// More than `SealingKey.mostMaterial` bytes: another file, probably; how many there were.
    case tooLong(Int)
    /// All bytes are the same: a placeholder or an empty disk.
    case allBytesEqual
}

/// The public name of a sealing key: eight lower-case hexadecimal digits, derived from the key. Tells nothing about it.
public struct SealingKeyID: Hashable, Sendable, CustomStringConvertible {
    let number: UInt32

    init(number: UInt32) { self.number = number }

    /// The length of the text in bytes.
    static let textLength = 8

    /// The eight digits.
    public var description: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: Self.textLength - digits.utf8.count) + digits
    }
}

/// A key that seals and opens envelopes.
public final class SealingKey: Sendable, Redacted {
    /// 256 bits: as much as the cipher's key has.
    public static let leastMaterial = 32
    /// A page. Key material is 32 random bytes, or those as text.
    public static let mostMaterial = 4096

    // The texts of version 1. They never change: what they stand for is on disk.
    private static let salt = Array("weir vault".utf8)
    private static let nameInfo = Array("weir vault v1 key id".utf8)
    private static let placeInfo = Array("weir vault v1 place key ".utf8)

    /// The key's public name.
    public let id: SealingKeyID
    private let extracted: LockedBytes

    /// The key made of `material`, which is taken byte by byte as it is: whoever reads a file takes a line's end off.
    /// The same material always makes the same key.
    public init(material: RawSpan) throws(KeyRefusal) {
        if let refusal = Self.refusal(of: material) { throw refusal }
        let extracted = LockedBytes(count: KeyDerivation.extractedBytes) {
            KeyDerivation.extract(from: material, salt: Self.salt, to: $0)
        }
        var number: UInt32 = 0
        extracted.withBytes { key in
            withUnsafeMutableBytes(of: &number) { KeyDerivation.expand(key, info: Self.nameInfo, to: $0) }
        }
        (self.extracted, id) = (extracted, SealingKeyID(number: UInt32(bigEndian: number)))
    }

    private static func refusal(of material: RawSpan) -> KeyRefusal? {
        if material.byteCount < leastMaterial { return .tooShort(material.byteCount) }
        if material.byteCount > mostMaterial { return .tooLong(material.byteCount) }
        let isUniform = material.withUnsafeBytes { bytes in bytes.allSatisfy { $0 == bytes[0] } }
        return isUniform ? .allBytesEqual : nil
    }

    /// What the kernel promised for the key's memory.
    public var protection: MemoryProtection { extracted.protection }

    /// Calls `body` with the key of a place, which is wiped afterwards.
    func withKey<Value>(of place: SealedPlace, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        withUnsafeTemporaryAllocation(byteCount: AuthenticatedCipher.keyBytes, alignment: 16) { key in
            defer { key.wipe() }
            extracted.withBytes { KeyDerivation.expand($0, info: Self.placeInfo + place.encoded, to: key) }
            return body(UnsafeRawBufferPointer(key))
        }
    }
}
