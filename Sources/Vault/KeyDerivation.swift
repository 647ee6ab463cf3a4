// KeyDerivation: HKDF-SHA256 by OpenSSL.
//
// For: keys from key material, and a key's name from the key.
// Refuses: nothing a caller could handle; an OpenSSL that cannot derive stops the process.
// Called by: SealingKey.

import COpenSSL

/// HKDF with SHA-256 (RFC 5869), its two steps apart.
enum KeyDerivation {
    /// The length of what `extract` gives.
    static let extractedBytes = 32

    // Fetched once, never freed: looking an algorithm up takes as long as using it. OpenSSL's objects of this kind are
    // counted atomically and read only.
    nonisolated(unsafe) private static let hkdf: OpaquePointer = {
        guard let hkdf = EVP_KDF_fetch(nil, "HKDF", nil) else { fatalError("OpenSSL 3 has HKDF") }
        return hkdf
    }()

    /// RFC 5869 §2.2: `out`, 32 bytes, from input key material of any length.
    static func extract(from material: RawSpan, salt: [UInt8], to out: UnsafeMutableRawBufferPointer) {
        precondition(out.count == extractedBytes, "SHA-256 extracts 32 bytes")
        salt.withUnsafeBytes { derive(Int32(EVP_KDF_HKDF_MODE_EXTRACT_ONLY), material, $0, out) }
    }

    /// RFC 5869 §2.3: `out`, at most 255 × 32 bytes, from what `extract` gave.
    static func expand(_ key: RawSpan, info: [UInt8], to out: UnsafeMutableRawBufferPointer) {
        info.withUnsafeBytes { derive(Int32(EVP_KDF_HKDF_MODE_EXPAND_ONLY), key, $0, out) }
    }

    private static func derive(
        _ mode: Int32, _ key: RawSpan, _ extra: UnsafeRawBufferPointer, _ out: UnsafeMutableRawBufferPointer
    ) {
        let derived = key.withUnsafeBytes { key in
            weir_hkdf(
                hkdf, mode, key.baseAddress, key.count, extra.baseAddress, extra.count,
                out.baseAddress?.assumingMemoryBound(to: UInt8.self), out.count)
        }
        precondition(derived == 1, "OpenSSL derives a key from bytes in memory")
    }
}
