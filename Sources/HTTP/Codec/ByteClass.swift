// ByteClass: which bytes may stand where in an HTTP/1.1 head, and how to find the first that may not.
//
// For: the head, chunk and header-writing code, which all scan raw bytes.
// Refuses: nothing itself; it answers yes, no, or an offset.
// Called by: HeadLines, FieldLine, RequestLine, StatusLine, ChunkedDecoder, HeaderBlock.
//
// Eight bytes are looked at a time ("SIMD within a register"): a head of 400 bytes is mostly values, and a byte-wise loop
// over them costs more than all the rest of the parser.

enum ByteClass {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let comma: UInt8 = 0x2C
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B

    /// RFC 9110 §5.6.2 `tchar`. Letters and the hyphen, nearly all there is, are told first; the rest is two bit sets of 64,
    /// so that no table has to be initialised lazily.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        if (byte | 0x20) &- 0x61 < 26 || byte == 0x2D { return true }
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 && high >> UInt64(byte & 63) & 1 == 1
    }

    /// RFC 9110 §5.5: a byte of a field value: visible, obs-text (0x80 and up), space or tab.
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool { (byte >= space && byte != 0x7F) || byte == tab }

    /// RFC 3986 admits only ASCII in a target; `#` begins a fragment, which is never sent.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool { byte > space && byte < 0x7F && byte != 0x23 }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// ASCII letters to lower case, everything else unchanged.
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit, or `nil`.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> Int? {
        if isDigit(byte) { return Int(byte &- 0x30) }
        let letter = lowercased(byte)
        return letter &- 0x61 < 6 ? Int(letter &- 0x61) + 10 : nil
    }
}

extension UnsafeRawBufferPointer {
    /// The offset of the first line feed in `range`, or `nil`.
    @inline(__always)
    func firstLineFeed(in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset &+ 8 <= range.upperBound {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            let hit = zeroBytes(of: word ^ 0x0A0A_0A0A_0A0A_0A0A)
            if hit != 0 { return offset &+ hit.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < range.upperBound {
            if self[offset] == ByteClass.lineFeed { return offset }
            offset &+= 1
        }
        return nil
    }

    /// The offset of the first byte in `range` that no field value may contain, or `nil`.
    @inline(__always)
    func firstNonFieldValue(in range: Range<Int>) -> Int? {
        guard range.count >= 8 else { return firstNonFieldValueSlowly(in: range) }
        var offset = range.lowerBound
        let last = range.upperBound &- 8
        while true {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            if suspects(in: word) != 0, let bad = firstNonFieldValueSlowly(in: offset..<offset &+ 8) { return bad }
            if offset == last { return nil }
            // The last word overlaps the one before it, so that no rest is left to look at byte by byte.
            offset = Swift.min(offset &+ 8, last)
        }
    }

    private func firstNonFieldValueSlowly(in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            if !ByteClass.isFieldValue(self[offset]) { return offset }
            offset &+= 1
        }
        return nil
    }

    /// High bits set where a byte is zero. Exact up to and including the first such byte.
    @inline(__always)
    private func zeroBytes(of word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// Non-zero when some byte of `word` is below 0x20 or is 0x7F (tab included: the slow look decides).
    @inline(__always)
    private func suspects(in word: UInt64) -> UInt64 {
        let below = (word &- 0x2020_2020_2020_2020) & ~word & 0x8080_8080_8080_8080
        return below | zeroBytes(of: word ^ 0x7F7F_7F7F_7F7F_7F7F)
    }

    /// Whether the bytes in `range` are `text`, ASCII letters compared without case. `text` must be lower case.
    @inline(__always)
    func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let expected = text.utf8Start
        var index = 0
        while index < range.count {
            guard ByteClass.lowercased(self[range.lowerBound &+ index]) == expected[index] else { return false }
            index &+= 1
        }
        return true
    }

    /// `range` without spaces and tabs at either end (RFC 9110 §5.6.3 OWS).
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower] == ByteClass.space || self[lower] == ByteClass.tab { lower &+= 1 }
        while lower < upper, self[upper &- 1] == ByteClass.space || self[upper &- 1] == ByteClass.tab { upper &-= 1 }
        return lower..<upper
    }
}
