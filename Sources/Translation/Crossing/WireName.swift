// WireName: identifiers both vendors accept, made of whatever a client sent.
//
// For: names of tools and ids of tool calls. The result depends on the original alone: the same every turn, the
//   same at both ends of a pair, and different for different originals.
// Refuses: nothing.
// Called by: ToolName, ToolCallID.

enum WireName {
    /// `original` when it is made of letters, digits, `_` and `-` and not too long; else its legal bytes, others as `_`, cut
    /// to make room for `_` and eight hexadecimal digits of its hash.
    static func legal(_ original: [UInt8], longest: Int) -> [UInt8] {
        if (1...longest).contains(original.count), original.allSatisfy(isLegal) { return original }
        let cleaned = original.prefix(longest - 9).map { isLegal($0) ? $0 : UInt8(ascii: "_") }
        return cleaned + [UInt8(ascii: "_")] + hash(original)
    }

    static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// FNV-1a over 64 bits, folded to 32. Not against an adversary: who makes two names collide confuses their own request.
    private static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let folded = UInt32(truncatingIfNeeded: state ^ state >> 32)
        let digits = Array("0123456789abcdef".utf8)
        return (0..<8).map { digits[Int(folded >> UInt32(28 - 4 * $0) & 15)] }
    }
}
