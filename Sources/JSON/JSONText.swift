// JSONText: a string inside a received JSON text, not yet decoded.
//
// For: comparing keys, measuring and copying strings without building a String.
// Refuses: to outlive the bytes it points into: use it only while they are borrowed.
// Called by: everything that reads with JSONScanner.

/// A string of a JSON text: the span between its quotes and whether any escape stands in it.
///
/// Escapes have been checked by the scanner; UTF-8 has not (see `isValidUTF8`). Valid while the scanned bytes are.
@frozen
public struct JSONText {
    @usableFromInline let base: UnsafePointer<UInt8>
    /// Offset of the first byte after the opening quote.
    public let start: Int
    /// Offset of the closing quote.
    public let end: Int
    /// Whether a backslash occurs, so that the text and its spelling differ.
    public let isEscaped: Bool

    @inlinable
    init(base: UnsafePointer<UInt8>, start: Int, end: Int, isEscaped: Bool) {
        self.base = base
        self.start = start
        self.end = end
        self.isEscaped = isEscaped
    }

    /// Where the string stands in the text, with its quotes.
    @inlinable
    public var quotedRange: Range<Int> { start &- 1..<end &+ 1 }

    /// The spelling between the quotes, escapes as they were written.
    @inlinable
    public var spelling: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + start, count: end &- start) }

    /// Whether the string is empty.
    @inlinable
    public var isEmpty: Bool { start == end }

    /// Whether the decoded text is `other`. Escaped spellings are decoded first, so a key cannot hide behind `\u006d`.
    @inlinable
    @inline(__always)
    public static func == (text: JSONText, other: StaticString) -> Bool {
        if text.isEscaped { return text.decodedEquals(other) }
        let count = other.utf8CodeUnitCount
        guard text.end &- text.start == count else { return false }
        let left = UnsafeRawPointer(text.base + text.start)
        let right = UnsafeRawPointer(other.utf8Start)
        return equalBytes(left, right, count)
    }

    /// Compares in overlapping words: keys are short and of known length, a call to memcmp costs more than the compare.
    @inlinable
    @inline(__always)
    static func equalBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
        if count >= 8 {
            var at = 0
            while at &+ 8 <= count {
                if word(left + at) != word(right + at) { return false }
                at &+= 8
            }
            return word(left + (count &- 8)) == word(right + (count &- 8))
        }
        if count >= 4 {
            let last = count &- 4
            return left.loadUnaligned(as: UInt32.self) == right.loadUnaligned(as: UInt32.self)
                && (left + last).loadUnaligned(as: UInt32.self) == (right + last).loadUnaligned(as: UInt32.self)
        }
        var at = 0
        while at < count {
            if left.load(fromByteOffset: at, as: UInt8.self) != right.load(fromByteOffset: at, as: UInt8.self) {
                return false
            }
            at &+= 1
        }
        return true
    }

    @inlinable
    @inline(__always)
    static func word(_ pointer: UnsafeRawPointer) -> UInt64 { pointer.loadUnaligned(as: UInt64.self) }

    @usableFromInline
    func decodedEquals(_ other: StaticString) -> Bool {
        var decoded: [UInt8] = []
        decode(into: &decoded)
        return other.withUTF8Buffer { decoded.elementsEqual($0) }
    }
}

extension JSONText {
    /// The number of bytes the decoded text has in UTF-8.
    @inlinable
    public var decodedCount: Int { isEscaped ? countEscaped() : end &- start }

    /// Whether the bytes between the quotes are valid UTF-8 (RFC 8259 §8.1 demands it; the scanner does not look).
    public var isValidUTF8: Bool { UTF8Check.isValid(base + start, end - start) }

    /// The decoded text, or `nil` when it is not valid UTF-8 or has half of a surrogate pair.
    public var string: String? {
        guard isValidUTF8, !isEscaped || !hasLoneSurrogate else { return nil }
        return repairedString
    }

    /// The decoded text with U+FFFD where bytes or surrogates are wrong; for messages to people.
    public var repairedString: String {
        guard isEscaped else { return String(decoding: spelling, as: UTF8.self) }
        var decoded: [UInt8] = []
        decode(into: &decoded)
        return String(decoding: decoded, as: UTF8.self)
    }

    /// Appends the decoded text. Half a surrogate pair becomes U+FFFD.
    public func decode(into out: inout [UInt8]) {
        out.reserveCapacity(out.count + (end - start))
        forEachPiece { piece in
            switch piece {
            case .plain(let from, let to):
                out.append(contentsOf: UnsafeBufferPointer(start: base + from, count: to - from))
            case .scalar(let scalar): out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            case .loneSurrogate: out.append(contentsOf: UTF8.encodedReplacementCharacter)
            }
        }
    }

    @usableFromInline
    func countEscaped() -> Int {
        var count = 0
        forEachPiece { piece in
            switch piece {
            case .plain(let from, let to): count += to - from
            case .scalar(let scalar): count += UTF8.width(scalar)
            case .loneSurrogate: count += 3
            }
        }
        return count
    }

    private var hasLoneSurrogate: Bool {
        var found = false
        forEachPiece { if case .loneSurrogate = $0 { found = true } }
        return found
    }
}
