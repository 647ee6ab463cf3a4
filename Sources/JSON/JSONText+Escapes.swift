// Escapes: the walk over a spelling that decoding, counting and checking share.
//
// For: JSONText. Escapes were checked by the scanner, so no case here can fail but a lone surrogate.
// Called by: JSONText.

extension JSONText {
    /// One stretch of a spelling.
    enum Piece {
        /// Bytes that stand for themselves.
        case plain(from: Int, to: Int)
        /// A decoded escape.
        case scalar(Unicode.Scalar)
        /// `\uD800` … `\uDFFF` without its other half.
        case loneSurrogate
    }

    /// Hands out the spelling from left to right.
    @inline(__always)
    func forEachPiece(_ body: (Piece) -> Void) {
        var at = start
        while at < end {
            let plain = at
            while at < end, base[at] != 0x5C { at += 1 }
            if at > plain { body(.plain(from: plain, to: at)) }
            if at < end { body(escape(&at)) }
        }
    }

    /// The escape at `at`, which is moved behind it.
    private func escape(_ at: inout Int) -> Piece {
        let letter = base[at + 1]
        guard letter == UInt8(ascii: "u") else {
            at += 2
            return .scalar(Unicode.Scalar(Self.simple(letter)))
        }
        let unit = hex(at + 2)
        at += 6
        if let scalar = Unicode.Scalar(unit) { return .scalar(scalar) }
        guard unit < 0xDC00, at + 6 <= end, base[at] == 0x5C, base[at + 1] == UInt8(ascii: "u") else {
            return .loneSurrogate
        }
        let low = hex(at + 2)
        guard (0xDC00...0xDFFF).contains(low) else { return .loneSurrogate }
        at += 6
        let value = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
        return Unicode.Scalar(value).map { .scalar($0) } ?? .loneSurrogate
    }

    private func hex(_ at: Int) -> UInt32 {
        (at..<at + 4).reduce(0) { $0 << 4 | UInt32(Self.nibble(base[$1])) }
    }

    private static func nibble(_ digit: UInt8) -> UInt8 {
        digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : (digit | 0x20) - UInt8(ascii: "a") + 10
    }

    private static func simple(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter  // `"`, `\` and `/` stand for themselves
        }
    }
}

extension UTF8 {
    /// U+FFFD, what stands for what cannot be decoded.
    static var encodedReplacementCharacter: UTF8.EncodedScalar { UTF8.EncodedScalar([0xEF, 0xBF, 0xBD]) }
}

/// Well-formedness of UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
public enum UTF8Check {
    /// Whether `bytes` are well-formed as a whole. JSON text is (RFC 8259 §8.1), but the scanner does not look into strings.
    public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return true }
        return isValid(start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    static func isValid(_ base: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var at = 0
        while at < count {
            if at + 8 <= count, UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                at += 8
                continue
            }
            let length = sequence(base + at, count - at)
            if length == 0 { return false }
            at += length
        }
        return true
    }

    /// Length of the well-formed sequence at `bytes`, 0 when there is none (Unicode table 3-7).
    private static func sequence(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        switch bytes[0] {
        case 0x00...0x7F: 1
        case 0xC2...0xDF: continues(bytes, count, 0x80...0xBF, 2)
        case 0xE0: continues(bytes, count, 0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: continues(bytes, count, 0x80...0xBF, 3)
        case 0xED: continues(bytes, count, 0x80...0x9F, 3)
        case 0xF0: continues(bytes, count, 0x90...0xBF, 4)
        case 0xF1...0xF3: continues(bytes, count, 0x80...0xBF, 4)
        case 0xF4: continues(bytes, count, 0x80...0x8F, 4)
        default: 0
        }
    }

    private static func continues(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, _ second: ClosedRange<UInt8>, _ length: Int
    ) -> Int {
        guard count >= length, second.contains(bytes[1]) else { return 0 }
        for at in 2..<max(length, 2) where bytes[at] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
