// Base64URL: bytes as text, RFC 4648 §5 without padding.
//
// For: what is inside an envelope. What goes through here is public: it takes no constant time.
// Refuses: padding, other characters, lengths that no bytes have, and last digits with bits that mean nothing; so every
// byte string has exactly one text.
// Called by: EnvelopeText. A million envelopes are opened at a start, hence four characters at a time.

enum Base64URL {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// By character: the value of a digit; of all others, a number with `noDigit` in it.
    private static let values: [UInt32] = (0...255).map { character in
        digits.firstIndex(of: UInt8(character)).map(UInt32.init) ?? noDigit
    }
    private static let noDigit: UInt32 = 1 << 31

    /// The length of the text of `count` bytes.
    static func textLength(of count: Int) -> Int { (count * 4 + 2) / 3 }

    /// Writes the text of `bytes` to `text`, which is `textLength` long.
    static func encode(_ bytes: UnsafeRawBufferPointer, to text: UnsafeMutableBufferPointer<UInt8>) {
        precondition(text.count == textLength(of: bytes.count), "a text has the length of its bytes")
        digits.withUnsafeBufferPointer { digits in
            for group in 0..<((bytes.count + 2) / 3) {
                let taken = min(3, bytes.count - group * 3)
                var bits: UInt32 = 0
                for index in 0..<taken { bits |= UInt32(bytes[group * 3 + index]) << UInt32(16 - index * 8) }
                for index in 0...taken {
                    text[group * 4 + index] = digits[Int(bits >> UInt32(18 - index * 6) & 63)]
                }
            }
        }
    }

    /// The bytes of `text`; `nil` when it is not the one text of any bytes.
    static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        // What is set in here afterwards is a stranger, or a bit beyond the last byte.
        var wrong: UInt32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4) { bytes, count in
            count = text.count * 3 / 4
            values.withUnsafeBufferPointer { values in
                for group in 0..<((text.count + 3) / 4) {
                    let taken = min(4, text.count - group * 4)
                    var bits: UInt32 = 0
                    for index in 0..<taken {
                        let value = values[Int(text[group * 4 + index])]
                        wrong |= value & noDigit
                        bits |= (value & 63) << UInt32(18 - index * 6)
                    }
                    for index in 0..<(taken - 1) {
                        bytes[group * 3 + index] = UInt8(truncatingIfNeeded: bits >> UInt32(16 - index * 8))
                    }
                    // Three digits are 18 bits, of which two bytes take 16; two are 12, of which one takes 8.
                    wrong |= bits & (1 << UInt32(24 - (taken - 1) * 8) - 1)
                }
            }
        }
        return wrong == 0 ? bytes : nil
    }
}
