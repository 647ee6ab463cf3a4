// Envelopes: their bytes, and that nothing but the whole of one in its place opens.

import Support
import Testing

@testable import Vault

@Suite struct EnvelopeTests {
    /// Computed by another implementation (Python's hmac and the cryptography package) from the description in KeyRing,
    /// SealingKey and SealedPlace. What they stand for is on disk: they never change.
    struct Golden: Sendable {
        let material, nonce, secret: [UInt8]
        let place: [String]
        let envelope: String
    }

    static let golden = [
        Golden(
            material: Sample.material, nonce: Array(0..<12), secret: Array("a".utf8),
            place: ["acme", "github", "1", "access_token"],
            envelope: "enc:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPug"),
        Golden(
            material: Sample.material, nonce: Array(repeating: 255, count: 12),
            secret: Array("ya29.a0AfH6SMBx-refresh".utf8),
            place: ["acme", "google", "9223372036854775807", "refresh_token"],
            envelope: "enc:v1:86903bb0:________________ZhDRiKYJ4JawE3gMfB-KOCufn4qsfK5Jf03H0usHEIqQYLBnOwO-"),
        Golden(
            material: Sample.otherMaterial, nonce: Array(100..<112), secret: Array("schlüssel".utf8),
            place: ["b", "ключ", "acc_7", "api_key"],
            envelope: "enc:v1:646d14ed:ZGVmZ2hpamtsbW5v8PIT691qpi1fBdI25E69MhYTUxV5-YNKO50"),
    ]

    @Test(arguments: golden) func envelope_ofKnownNonce_isTheGoldenOneAndOpens(golden: Golden) throws {
        let ring = try Sample.ring(golden.material)
        let place = Sample.place(golden.place[0], golden.place[1], golden.place[2], golden.place[3])
        let sealed = try golden.secret.withUnsafeBytes { try ring.seal($0.bytes, at: place, nonce: golden.nonce) }
        #expect(sealed == golden.envelope)
        #expect(try ring.opened(golden.envelope, at: place) == golden.secret)
    }

    @Test func envelope_ofEveryLengthUpToTwoBlocksAndTheLongest_opens() throws {
        let ring = try Sample.ring()
        var random = SeededRandom.forTest()
        for count in Array(1...40) + [4096, KeyRing.longestSecret] {
            let secret = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let envelope = try ring.seal(secret, at: Sample.place())
            #expect(try ring.opened(envelope, at: Sample.place()) == secret, "seed \(random.seed)")
            #expect(envelope.utf8.count <= EnvelopeText.longest)
        }
    }

    @Test func secret_thatIsEmptyOrTooLong_isRefused() throws {
        let ring = try Sample.ring()
        #expect(throws: SealRefusal.empty) { try ring.seal([UInt8](), at: Sample.place()) }
        let long = [UInt8](repeating: 1, count: KeyRing.longestSecret + 1)
        #expect(throws: SealRefusal.tooLong(long.count)) { try ring.seal(long, at: Sample.place()) }
    }

    @Test func sameSecretSealedTwice_givesTwoEnvelopes() throws {
        let ring = try Sample.ring()
        let envelopes = try (0..<1000).map { _ in try ring.seal("the same", at: Sample.place()) }
        #expect(Set(envelopes).count == envelopes.count)
    }

    @Test func envelope_withAnyOneBitChanged_isRefused() throws {
        let ring = try Sample.ring()
        let envelope = Array(try ring.seal("a refresh token of usual length", at: Sample.place()).utf8)
        for bit in 0..<(envelope.count * 8) {
            var damaged = envelope
            damaged[bit / 8] ^= 1 << (bit % 8)
            let text = String(decoding: damaged, as: UTF8.self)
            #expect(ring.refusal(of: text, at: Sample.place()) != nil, "bit \(bit): \(text)")
        }
    }

    @Test func envelope_cutAnywhereOrContinued_isRefused() throws {
        let ring = try Sample.ring()
        let envelope = try ring.seal("token", at: Sample.place())
        for count in 0..<envelope.utf8.count {
            let cut = String(envelope.prefix(count))
            #expect(ring.refusal(of: cut, at: Sample.place()) != nil, "\(cut)")
            #expect(ring.refusal(of: String(envelope.dropFirst(count + 1)), at: Sample.place()) != nil)
        }
        for more in ["A", "AA", "AAA", "AAAA", "=", "==", "\n", " ", "\0"] {
            #expect(ring.refusal(of: envelope + more, at: Sample.place()) != nil)
            #expect(ring.refusal(of: more + envelope, at: Sample.place()) == .notAnEnvelope)
        }
        #expect(ring.refusal(of: envelope, at: Sample.place()) == nil)
    }

    @Test(arguments: [
        ("", EnvelopeRefusal.notAnEnvelope), ("sk-plain-key", .notAnEnvelope), ("enc", .notAnEnvelope),
        ("enc:", .notAnEnvelope), ("enc:v1", .notAnEnvelope), ("enc:v1:", .notAnEnvelope),
        ("enc:v1:86903bb0", .notAnEnvelope), ("enc:v1:86903bb0:", .notAnEnvelope),
        ("enc:v1:86903BB0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPug", .notAnEnvelope),
        ("ENC:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPug", .notAnEnvelope),
        ("enc:v1:86903bb:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPug", .notAnEnvelope),
        ("enc:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPuh", .notAnEnvelope),
        ("enc:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPu", .notAnEnvelope),
        ("enc:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPui", .notAnEnvelope),
        ("enc:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPuj", .notAnEnvelope),
        ("enc:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPuk", .damaged),
        ("enc:v1:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPuw", .damaged),
        // Nonce and tag, and no ciphertext between: no secret is empty.
        ("enc:v1:86903bb0:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", .notAnEnvelope),
        ("enc:v2:86903bb0:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPug", .unknownVersion),
        ("enc:v10:anything", .unknownVersion), ("enc:v:86903bb0:AAEC", .notAnEnvelope),
        ("enc:v1234:86903bb0:AAEC", .notAnEnvelope), ("enc:w1:86903bb0:AAEC", .notAnEnvelope),
        (
            "enc:v1:00000000:AAECAwQFBgcICQoLsn7bhlMby0PdWucLMSibPug",
            .unknownKey(SealingKeyID(number: 0))
        ),
    ])
    func text_isRefusedForWhatItIs(text: String, refusal: EnvelopeRefusal) throws {
        #expect(try Sample.ring().refusal(of: text, at: Sample.place()) == refusal)
    }

    @Test func textLongerThanAnyEnvelope_isRefused() throws {
        let long = "enc:v1:86903bb0:" + String(repeating: "A", count: EnvelopeText.longest)
        #expect(try Sample.ring().refusal(of: long, at: Sample.place()) == .notAnEnvelope)
    }

    @Test func envelope_inAnotherPlace_isDamaged() throws {
        let ring = try Sample.ring()
        let place = Sample.place("acme", "github", "1", "access_token")
        let envelope = try ring.seal("token", at: place)
        let others = [
            Sample.place("acme2", "github", "1", "access_token"), Sample.place("acme", "gitlab", "1", "access_token"),
            Sample.place("acme", "github", "2", "access_token"), Sample.place("acme", "github", "1", "refresh_token"),
            Sample.place("github", "acme", "1", "access_token"), Sample.place("acmeg", "ithub", "1", "access_token"),
            Sample.place("acme", "github1", "1", "access_token"), Sample.place("acme", "github", "1a", "ccess_token"),
        ]
        for other in others {
            #expect(ring.refusal(of: envelope, at: other) == .damaged, "\(other)")
        }
        #expect(try ring.openedText(envelope, at: place) == "token")
    }

    /// Of all ways of cutting `abcd` + zeros and ones into four parts, no two have the same encoding.
    @Test func places_ofDifferentParts_haveDifferentEncodings() {
        let text = Array("ab\u{0}\u{1}\u{0}\u{1}cd".utf8).map { String(UnicodeScalar($0)) }
        var seen: [[UInt8]: [String]] = [:]
        for first in 1..<6 {
            for second in (first + 1)..<7 {
                for third in (second + 1)..<8 {
                    let parts = [0..<first, first..<second, second..<third, third..<8].map { text[$0].joined() }
                    let place = Sample.place(parts[0], parts[1], parts[2], parts[3])
                    #expect(seen.updateValue(parts, forKey: place.encoded) == nil)
                }
            }
        }
    }

    @Test func placeWithAnEmptyOrTooLongPart_isRefused() {
        let long = String(repeating: "x", count: SealedPlace.longestPart)
        #expect(SealedPlace(owner: long, provider: long, row: long, field: long) != nil)
        for bad in ["", long + "x"] {
            #expect(SealedPlace(owner: bad, provider: "p", row: "r", field: "f") == nil)
            #expect(SealedPlace(owner: "o", provider: bad, row: "r", field: "f") == nil)
            #expect(SealedPlace(owner: "o", provider: "p", row: bad, field: "f") == nil)
            #expect(SealedPlace(owner: "o", provider: "p", row: "r", field: bad) == nil)
        }
        #expect(Sample.place("ö", "p", "7", "f").description == "ö/p/7/f")
    }
}
