// Base64: reading what clients put into data URIs and ids.
//
// For: text files sent as base64, which Anthropic takes as text, and signatures inside ids.
// Refuses: bytes outside both alphabets (RFC 4648 §4 and §5), lengths no encoder writes. Padding may be missing.
// Called by: ToolCallID, AnthropicAttachment, ReasoningDetails.

enum Base64 {
    /// The decoded bytes, or `nil`.
    static func decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var word: UInt32 = 0
        var letters = 0
        var padding = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(byte) else { return nil }
            word = word << 6 | UInt32(value)
            letters += 1
            if letters % 4 == 0 { out.append(contentsOf: [16, 8, 0].map { UInt8(word >> $0 & 255) }) }
        }
        guard padding <= 2 else { return nil }
        switch letters % 4 {
        case 0: break
        case 2: out.append(UInt8(word >> 4 & 255))
        case 3: out.append(contentsOf: [UInt8(word >> 10 & 255), UInt8(word >> 2 & 255)])
        default: return nil
        }
        return out
    }

    /// Whether every byte belongs to the standard alphabet.
    static func isStandard(_ text: some Sequence<UInt8>) -> Bool {
        text.allSatisfy { byte in
            let isURLs = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            return byte == UInt8(ascii: "=") || !isURLs && value(byte) != nil
        }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
