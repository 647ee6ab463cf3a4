// Hashing against published vectors and against itself.

import Hashing
import Testing

@Suite struct HashingTests {
    /// FIPS 180-4 examples and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func digest_ofPublishedVector_isThePublishedDigest(message: String, digest: String) {
        #expect(SHA256Digest(of: Array(message.utf8)).description == digest)
    }

    @Test func stream_cutAnywhere_hasTheDigestOfTheWhole() {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for cut in 0...message.count {
            var stream = SHA256Stream()
            message[..<cut].withUnsafeBytes { stream.feed($0) }
            #expect(stream.digest == SHA256Digest(of: Array(message[..<cut])))
            message[cut...].withUnsafeBytes { stream.feed($0) }
            #expect(stream.digest == SHA256Digest(of: message))
        }
    }

    @Test func digest_asBytes_hasThirtyTwo() {
        #expect(SHA256Digest(of: [1]).bytes.count == SHA256Digest.length)
        #expect(SHA256Digest(of: [1]) == SHA256Digest(of: [1]))
        #expect(SHA256Digest(of: [1]) != SHA256Digest(of: [2]))
    }

    @Test func comparison_whenOneByteOrTheLengthDiffers_isFalse() {
        let secret: [UInt8] = Array(0..<48)
        #expect(ConstantTime.areEqual(secret, secret))
        #expect(ConstantTime.areEqual([], []))
        #expect(!ConstantTime.areEqual(secret, Array(secret.dropLast())))
        for index in secret.indices {
            var other = secret
            other[index] ^= 0x80
            #expect(!ConstantTime.areEqual(secret, other), "byte \(index)")
        }
    }

    @Test func random_drawnAThousandTimes_neverRepeats() {
        #expect(Set((0..<1000).map { _ in SecureRandom.word() }).count == 1000)
        #expect(Set((0..<1000).map { _ in SecureRandom.bytes(16) }).count == 1000)
        #expect(Set((0..<4096).map { _ in SecureRandom.byte() }).count == 256)
        #expect(SecureRandom.bytes(0).isEmpty)
    }

    /// The request path hashes one key a request: a digest must not cost what a system call costs.
    @Test func digest_ofAKey_takesUnderFiveMicroseconds() {
        let key = [UInt8](repeating: 0x61, count: 47)
        let rounds = 20_000
        var mixed: UInt8 = 0
        let time = ContinuousClock().measure {
            for _ in 0..<rounds { mixed ^= SHA256Digest(of: key).withBytes { $0[0] } }
        }
        #expect(time / rounds < .microseconds(5), "\(time / rounds) a digest")
        print("SHA-256 of 47 bytes:", time / rounds, mixed)
    }
}
