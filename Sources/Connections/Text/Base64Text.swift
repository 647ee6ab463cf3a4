// Base64Text: bytes as text (RFC 4648).
//
// For: Basic authentication and binary answers (§4, padded); PKCE and state values (§5, for URLs, without padding).
// Refuses: nothing; there is no reader here.
// Called by: the OAuth flow, CredentialPlacement, AnswerEnvelope.

enum Base64Text {
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let forURLs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// With `+`, `/` and padding.
    static func padded(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var out = digits(bytes, standard)
        while out.count % 4 != 0 { out.append(UInt8(ascii: "=")) }
        return out
    }

    /// With `-` and `_`, without padding.
    static func forURL(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: digits(bytes, forURLs), as: UTF8.self)
    }

    private static func digits(_ bytes: some Collection<UInt8>, _ alphabet: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var waiting = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            waiting += 8
            while waiting >= 6 {
                waiting -= 6
                out.append(alphabet[Int(bits >> UInt32(waiting)) & 63])
            }
            bits &= 63
        }
        if waiting > 0 { out.append(alphabet[Int(bits << UInt32(6 - waiting)) & 63]) }
        return out
    }
}
