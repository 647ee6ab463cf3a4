// EnvelopeText: the outside of an envelope.
//
// For: reading and writing `enc:v1:<key id>:<base64url of nonce ‖ ciphertext ‖ tag>`, without any key.
// Refuses: everything that is not exactly that; see EnvelopeRefusal.
// Called by: KeyRing.

/// Why an envelope is not opened.
public enum EnvelopeRefusal: Error, Hashable, Sendable {
    /// The text is not of an envelope's form; it was never one, or was cut or mangled.
    case notAnEnvelope
    /// An envelope of another version of this format: written by a newer release.
    case unknownVersion
    /// Sealed under a key that is not in the ring; which.
    case unknownKey(SealingKeyID)
    /// It does not open: its bytes were changed, or it belongs to another place, or its key only has the same name. Which of
    /// these it is cannot be known.
    case damaged
}

/// An envelope, read: which key it names and what is inside.
struct EnvelopeText {
    let key: SealingKeyID
    /// nonce ‖ ciphertext ‖ tag; at least one byte of ciphertext.
    let content: [UInt8]

    private static let scheme = Array("enc:".utf8)
    private static let version = Array("v1".utf8)
    private static let prefixLength = 7 + SealingKeyID.textLength + 1
    /// What an envelope adds to its secret.
    static let overhead = AuthenticatedCipher.nonceBytes + AuthenticatedCipher.tagBytes
    /// The longest secret, 64 KiB: the largest tokens known have 16 KiB, service accounts' keys 4 KiB.
    static let longestSecret = 1 << 16
    /// The longest envelope; a longer text is refused before it is decoded.
    static let longest = prefixLength + Base64URL.textLength(of: longestSecret + overhead)

    /// Reads an envelope.
    init(_ text: UnsafeRawBufferPointer) throws(EnvelopeRefusal) {
        let (key, body) = try Self.parts(text)
        guard let content = Base64URL.decode(UnsafeRawBufferPointer(rebasing: body)) else { throw .notAnEnvelope }
        guard content.count > Self.overhead else { throw .notAnEnvelope }
        (self.key, self.content) = (key, content)
    }

    /// The key an envelope names, without decoding what is inside.
    static func key(of text: UnsafeRawBufferPointer) throws(EnvelopeRefusal) -> SealingKeyID { try parts(text).key }

    private static func parts(
        _ text: UnsafeRawBufferPointer
    ) throws(EnvelopeRefusal) -> (key: SealingKeyID, body: Slice<UnsafeRawBufferPointer>) {
        guard text.count <= longest, text.starts(with: scheme) else { throw .notAnEnvelope }
        let rest = text.dropFirst(scheme.count)
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { throw .notAnEnvelope }
        guard rest[..<colon].elementsEqual(version) else {
            throw isVersion(rest[..<colon]) ? .unknownVersion : .notAnEnvelope
        }
        guard text.count > prefixLength, text[prefixLength - 1] == UInt8(ascii: ":") else { throw .notAnEnvelope }
        guard let key = keyID(text[(colon + 1)..<(prefixLength - 1)]) else { throw .notAnEnvelope }
        return (key, text[prefixLength...])
    }

    /// `v` and one to three digits.
    private static func isVersion(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        (2...4).contains(text.count) && text.first == UInt8(ascii: "v")
            && text.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func keyID(_ text: Slice<UnsafeRawBufferPointer>) -> SealingKeyID? {
        var number: UInt32 = 0
        for byte in text {
            // Lower case only: every envelope has one text.
            guard (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else { return nil }
            number = number << 4 | UInt32(byte < 0x40 ? byte - 0x30 : byte - 0x57)
        }
        return SealingKeyID(number: number)
    }

    /// The text of an envelope.
    static func write(_ content: UnsafeRawBufferPointer, under key: SealingKeyID) -> String {
        let prefix = "enc:v1:\(key):"
        let length = prefix.utf8.count + Base64URL.textLength(of: content.count)
        return String(unsafeUninitializedCapacity: length) { text in
            let start = text.initialize(fromContentsOf: prefix.utf8)
            Base64URL.encode(content, to: UnsafeMutableBufferPointer(rebasing: text[start..<length]))
            return length
        }
    }
}
