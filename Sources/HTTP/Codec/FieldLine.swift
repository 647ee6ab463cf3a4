// FieldLine: one "name: value" line, checked byte for byte.
//
// For: heads of both directions and trailers.
// Refuses: folded lines, space before the colon, empty or non-token names, control bytes, stray CR (RFC 9112 §5).
// Called by: HeadLines; ChunkedDecoder has its own byte-wise twin for trailers.

enum FieldLine {
    /// The field in `line`, which excludes the final CRLF and is not empty.
    @inline(__always)
    static func parse(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Result<FieldSlot, Malformation> {
        var colon = line.lowerBound
        while colon < line.upperBound, ByteClass.isToken(bytes[colon]) { colon &+= 1 }
        guard colon < line.upperBound, bytes[colon] == ByteClass.colon, colon > line.lowerBound else {
            return .failure(complaint(bytes, line, nameEnd: colon))
        }
        let value = bytes.trimmed(colon &+ 1..<line.upperBound)
        if let bad = bytes.firstNonFieldValue(in: value) {
            return .failure(bytes[bad] == ByteClass.carriageReturn ? .bareCarriageReturn : .controlCharacter)
        }
        return .success(
            FieldSlot(
                nameStart: UInt32(truncatingIfNeeded: line.lowerBound),
                nameLength: UInt32(truncatingIfNeeded: colon &- line.lowerBound),
                valueStart: UInt32(truncatingIfNeeded: value.lowerBound),
                valueLength: UInt32(truncatingIfNeeded: value.count)))
    }

    /// Which rule a line without a proper name broke; `nameEnd` is where the token characters end.
    private static func complaint(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, nameEnd: Int) -> Malformation {
        guard nameEnd < line.upperBound else { return .missingColon }
        let byte = bytes[nameEnd]
        let isBlank = byte == ByteClass.space || byte == ByteClass.tab
        if nameEnd == line.lowerBound {
            if isBlank { return .foldedLine }
            return byte == ByteClass.colon ? .emptyFieldName : .badFieldName
        }
        return isBlank ? .spaceBeforeColon : .badFieldName
    }
}
