// SHA256Digest: the one hash Weir uses.
//
// For: key fingerprints on the request path; the files of a backup, a piece at a time.
// Refuses: nothing; every byte string has a digest.
// Called by: gatewayd (authentication, key creation), weirctl (backup, restore).

import COpenSSL

/// The SHA-256 digest (FIPS 180-4) of some bytes: 32 bytes, kept inline so that computing one allocates nothing.
public struct SHA256Digest: Sendable {
    private var storage: InlineArray<32, UInt8>

    /// The length of every digest in bytes.
    public static let length = 32

    /// Hashes `bytes`.
    public init(of bytes: UnsafeRawBufferPointer) {
        storage = InlineArray(repeating: 0)
        var span = storage.mutableSpan
        span.withUnsafeMutableBufferPointer { weir_sha256(bytes.baseAddress, bytes.count, $0.baseAddress) }
    }

    /// Hashes `bytes`.
    public init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes(Self.init(of:))
    }

    /// Calls `body` with the 32 bytes of the digest.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.span.withUnsafeBytes(body)
    }

    /// The digest as an array of 32 bytes.
    public var bytes: [UInt8] { withBytes { Array($0) } }
}

extension SHA256Digest: Equatable {
    /// Compares in constant time.
    public static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
        left.withBytes { left in right.withBytes { right in ConstantTime.areEqual(left, right) } }
    }
}

extension SHA256Digest: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// SHA-256 over bytes that come a piece at a time, for files that are larger than memory should be.
public struct SHA256Stream: Sendable {
    private var context: SHA256_CTX

    public init() {
        context = SHA256_CTX()
        weir_sha256_begin(&context)
    }

    /// Hashes the next piece.
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        weir_sha256_feed(&context, bytes.baseAddress, bytes.count)
    }

    /// The digest of everything fed so far. Feeding may go on afterwards.
    public var digest: SHA256Digest {
        var copy = context
        return SHA256Digest(ending: &copy)
    }
}

extension SHA256Digest {
    fileprivate init(ending context: inout SHA256_CTX) {
        storage = InlineArray(repeating: 0)
        var span = storage.mutableSpan
        span.withUnsafeMutableBufferPointer { weir_sha256_end(&context, $0.baseAddress) }
    }
}
