// The cipher and the derivation against published vectors.

import Testing

@testable import Vault

/// A vector of AES-256-GCM.
struct GCMVector: Sendable, CustomTestStringConvertible {
    let name: String
    let key, nonce, plaintext, bound, ciphertext, tag: String
    var testDescription: String { name }
}

@Suite struct PrimitiveTests {
    private static let zeros = String(repeating: "00", count: 32)
    private static let feff = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
    private static let long =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    private static let longSealed =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"

    /// Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), which NIST publishes with SP 800-38D, and
    /// one of NIST's validation programme (GCMVS, 256-bit keys, 160 bits of associated data).
    static let vectors = [
        GCMVector(
            name: "13", key: zeros, nonce: "000000000000000000000000", plaintext: "", bound: "", ciphertext: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        GCMVector(
            name: "14", key: zeros, nonce: "000000000000000000000000", plaintext: "00000000000000000000000000000000",
            bound: "", ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        GCMVector(
            name: "15", key: feff, nonce: "cafebabefacedbaddecaf888", plaintext: long + "1aafd255", bound: "",
            ciphertext: longSealed + "898015ad", tag: "b094dac5d93471bdec1a502270e3cc6c"),
        GCMVector(
            name: "16", key: feff, nonce: "cafebabefacedbaddecaf888", plaintext: long,
            bound: "feedfacedeadbeeffeedfacedeadbeefabaddad2", ciphertext: longSealed,
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
        GCMVector(
            name: "GCMVS", key: "83688deb4af8007f9b713b47cfa6c73e35ea7a3aa4ecdb414dded03bf7a0fd3a",
            nonce: "0b459724904e010a46901cf3", plaintext: "33d893a2114ce06fc15d55e454cf90c3",
            bound: "794a14ccd178c8ebfd1379dc704c5e208f9d8424", ciphertext: "cc66bee423e3fcd4c0865715e9586696",
            tag: "0fb291bd3dba94a1dfd8b286cfb97ac5"),
    ]

    @Test(arguments: vectors) func cipher_ofPublishedVector_sealsAndOpensIt(vector: GCMVector) {
        let sealed = hex(vector.ciphertext + vector.tag)
        #expect(hexText(Self.seal(vector)) == hexText(sealed))
        #expect(Self.open(sealed, vector) == hex(vector.plaintext))
    }

    @Test(arguments: vectors) func cipher_ofVectorWithOneBitChanged_opensNothingAndLeavesZeros(vector: GCMVector) {
        let sealed = hex(vector.ciphertext + vector.tag)
        for bit in 0..<(sealed.count * 8) {
            var damaged = sealed
            damaged[bit / 8] ^= 1 << (bit % 8)
            var room = [UInt8](repeating: 0xAA, count: hex(vector.plaintext).count)
            #expect(!Self.open(damaged, vector, to: &room), "bit \(bit)")
            #expect(room.allSatisfy { $0 == 0 }, "bit \(bit): plaintext that is not authentic is not handed out")
        }
    }

    private static func seal(_ vector: GCMVector) -> [UInt8] {
        let (key, nonce, bound) = (hex(vector.key), hex(vector.nonce), hex(vector.bound))
        let plaintext = hex(vector.plaintext)
        var out = [UInt8](repeating: 0, count: plaintext.count + AuthenticatedCipher.tagBytes)
        key.withUnsafeBytes { key in
            nonce.withUnsafeBytes { nonce in
                bound.withUnsafeBytes { bound in
                    plaintext.withUnsafeBytes { plaintext in
                        out.withUnsafeMutableBytes {
                            AuthenticatedCipher.seal(plaintext, key: key, nonce: nonce, bound: bound, to: $0)
                        }
                    }
                }
            }
        }
        return out
    }

    private static func open(_ sealed: [UInt8], _ vector: GCMVector) -> [UInt8]? {
        var room = [UInt8](repeating: 0xAA, count: sealed.count - AuthenticatedCipher.tagBytes)
        return open(sealed, vector, to: &room) ? room : nil
    }

    private static func open(_ sealed: [UInt8], _ vector: GCMVector, to room: inout [UInt8]) -> Bool {
        let (key, nonce, bound) = (hex(vector.key), hex(vector.nonce), hex(vector.bound))
        return key.withUnsafeBytes { key in
            nonce.withUnsafeBytes { nonce in
                bound.withUnsafeBytes { bound in
                    sealed.withUnsafeBytes { sealed in
                        room.withUnsafeMutableBytes {
                            AuthenticatedCipher.open(sealed, key: key, nonce: nonce, bound: bound, to: $0)
                        }
                    }
                }
            }
        }
    }

    /// RFC 5869, appendix A.1 to A.3: material, salt, info, what is extracted, what is expanded.
    @Test(arguments: [
        (
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            hexText(Array(0x00..<0x50)), hexText(Array(0x60..<0xB0)), hexText(Array(0xB0...0xFF)),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        (
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ])
    func derivation_ofPublishedVector_isThePublishedKey(
        material: String, salt: String, info: String, extracted: String, expanded: String
    ) {
        var key = [UInt8](repeating: 0, count: 32)
        hex(material).withUnsafeBytes { material in
            key.withUnsafeMutableBytes { KeyDerivation.extract(from: material.bytes, salt: hex(salt), to: $0) }
        }
        #expect(hexText(key) == extracted)
        var out = [UInt8](repeating: 0, count: expanded.utf8.count / 2)
        key.withUnsafeBytes { key in
            out.withUnsafeMutableBytes { KeyDerivation.expand(key.bytes, info: hex(info), to: $0) }
        }
        #expect(hexText(out) == expanded)
    }
}
