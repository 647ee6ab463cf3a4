// SecureRandom: bytes nobody can guess.
//
// For: keys, identifiers, seeds of the generators that the cores are handed.
// Refuses: to go on without randomness. A process whose random source fails stops: a guessable key is worse than no
// key.
// Called by: gatewayd, weirctl's daemons.

import COpenSSL

/// Cryptographically secure random bytes from OpenSSL's generator, which the kernel seeds and reseeds.
public enum SecureRandom {
    /// Overwrites `bytes` with random bytes.
    public static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        let filled = RAND_bytes(base.assumingMemoryBound(to: UInt8.self), Int32(bytes.count))
        precondition(filled == 1, "OpenSSL's random generator always answers on a running Linux system")
    }

    /// `count` random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes(fill)
        return bytes
    }

    /// 64 random bits.
    public static func word() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word, fill)
        return word
    }

    /// One random byte, in the shape `KeyText(random:)` asks for.
    public static func byte() -> UInt8 {
        var byte: UInt8 = 0
        withUnsafeMutableBytes(of: &byte, fill)
        return byte
    }
}
