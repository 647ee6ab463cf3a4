// SignedCallID: a thought signature on its way through a client that has no place for it but the id of the tool call.
//
// For: Gemini behind an OpenAI surface wants each call's signature back with the call; Anthropic's clients keep only ids.
// Refuses: signatures beyond 4 KiB, which are left out.
// Called by: StreamCall, CompletionToAnthropic (write); the request's translation reads the same form.

import JSON

enum SignedCallID {
    /// Stands between the upstream's id and the signature.
    static let mark: StaticString = "~ts~"
    /// Most bytes of a signature. Those seen have some hundreds; ids travel with every further request.
    static let longestSignature = 4096

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The mark and the signature's text in base64url without padding; nothing for one that is too long.
    static func suffix(_ signature: JSONText) -> [UInt8] {
        guard signature.decodedCount <= longestSignature else { return [] }
        var decoded: [UInt8] = []
        signature.decode(into: &decoded)
        var out: [UInt8] = []
        out.put(mark)
        for start in stride(from: 0, to: decoded.count, by: 3) { append(decoded[start...].prefix(3), &out) }
        return out
    }

    /// One to three bytes as two to four letters.
    private static func append(_ bytes: ArraySlice<UInt8>, _ out: inout [UInt8]) {
        var word: UInt32 = 0
        for byte in bytes { word = word << 8 | UInt32(byte) }
        word <<= UInt32(8 * (3 - bytes.count))
        for letter in 0...bytes.count { out.append(alphabet[Int(word >> UInt32(18 - 6 * letter) & 63)]) }
    }
}
