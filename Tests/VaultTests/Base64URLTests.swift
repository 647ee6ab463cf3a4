// The text inside an envelope: one for every byte string, and none beside it.

import Support
import Testing

@testable import Vault

@Suite struct Base64URLTests {
    /// RFC 4648 §10 without padding, and the two digits that §5 changes.
    @Test(arguments: [
        ("", ""), ("66", "Zg"), ("666f", "Zm8"), ("666f6f", "Zm9v"), ("666f6f62", "Zm9vYg"), ("666f6f6261", "Zm9vYmE"),
        ("666f6f626172", "Zm9vYmFy"), ("fbfff0", "-__w"),
    ])
    func bytes_haveThePublishedText(bytes: String, text: String) {
        #expect(Self.encoded(hex(bytes)) == text)
        #expect(Self.decoded(text) == hex(bytes))
    }

    @Test func randomBytes_comeBackFromTheirText() {
        var random = SeededRandom.forTest()
        for count in 0..<300 {
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(Self.decoded(Self.encoded(bytes)) == bytes, "seed \(random.seed)")
        }
    }

    /// Every text of up to three characters out of an alphabet with strangers in it: what decodes encodes to itself.
    @Test func texts_thatDecode_areTheOneTextOfTheirBytes() {
        let alphabet = Array("AQgwZ0_-=+/ \n".utf8)
        var (texts, lawful): ([[UInt8]], Int) = ([[]], 0)
        for _ in 0..<3 {
            texts = texts.flatMap { text in alphabet.map { text + [$0] } }
            for text in texts {
                guard let bytes = Self.decoded(String(decoding: text, as: UTF8.self)) else { continue }
                lawful += 1
                #expect(Array(Self.encoded(bytes).utf8) == text)
            }
        }
        #expect(lawful > 0)
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: Base64URL.textLength(of: bytes.count))
        bytes.withUnsafeBytes { bytes in text.withUnsafeMutableBufferPointer { Base64URL.encode(bytes, to: $0) } }
        return String(decoding: text, as: UTF8.self)
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        Array(text.utf8).withUnsafeBytes(Base64URL.decode)
    }
}
