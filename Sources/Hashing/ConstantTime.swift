// ConstantTime: comparison that does not tell where two secrets differ.
//
// For: secrets and anything derived from them. Lengths are not secret: unequal lengths are told apart at once.
// Called by: SHA256Digest, gatewayd.

import COpenSSL

/// Comparison whose duration depends on the length only.
public enum ConstantTime {
    /// Whether both byte strings are the same; the time taken depends on nothing but their lengths.
    public static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
        return CRYPTO_memcmp(leftBase, rightBase, left.count) == 0
    }

    /// Whether both byte strings are the same; the time taken depends on nothing but their lengths.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in areEqual(left, right) } }
    }
}
