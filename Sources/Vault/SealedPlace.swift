// SealedPlace: where an envelope belongs.
//
// For: binding a ciphertext to its owner, provider, row and field: in another place it does not open.
// Refuses: empty parts and parts longer than `longestPart`.
// Called by: tokend (names the place of each secret it stores), KeyRing, RotationPlan.

/// The place of one secret in storage. Its parts are names that never change while the row exists; none is secret.
public struct SealedPlace: Hashable, Sendable {
    /// What stands in a key's derivation and in the associated data: each part's length in two bytes, big-endian, and the
    /// part in UTF-8; owner, provider, row, field. The lengths make it unambiguous: `ab`+`c` is not `a`+`bc`.
    let encoded: [UInt8]

    /// The most bytes of UTF-8 a part may have; identifiers here have at most 63.
    public static let longestPart = 512

    /// The place of `field` in the row named `row`, which belongs to `owner` (a tenant's id) and `provider` (a provider's
    /// name). `nil` when a part is empty or longer than `longestPart`.
    public init?(owner: String, provider: String, row: String, field: String) {
        var encoded: [UInt8] = []
        for part in [owner, provider, row, field] {
            let bytes = part.utf8
            guard (1...Self.longestPart).contains(bytes.count) else { return nil }
            encoded.append(UInt8(bytes.count >> 8))
            encoded.append(UInt8(truncatingIfNeeded: bytes.count))
            encoded.append(contentsOf: bytes)
        }
        self.encoded = encoded
    }
}

extension SealedPlace: CustomStringConvertible {
    /// The parts with slashes between, for logs.
    public var description: String {
        var (rest, parts): (ArraySlice<UInt8>, [String]) = (encoded[...], [])
        while let high = rest.popFirst(), let low = rest.popFirst() {
            let count = Int(high) << 8 | Int(low)
            parts.append(String(decoding: rest.prefix(count), as: UTF8.self))
            rest = rest.dropFirst(count)
        }
        return parts.joined(separator: "/")
    }
}
