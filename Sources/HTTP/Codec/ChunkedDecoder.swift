// ChunkedDecoder: takes the chunked transfer coding off a body (RFC 9112 §7.1).
//
// For: request and response bodies. Pure, byte-wise between chunks, run-wise inside them; state survives any cut.
// Refuses: bare LF, blanks between a size and its end or extension, oversized or missing sizes, long extensions, data that is not
// followed by CRLF, trailers that are not fields, that would change framing or that are too long. Trailers are dropped.
// Called by: BodyDecoder.

struct ChunkedDecoder: Sendable {
    private enum State: Sendable {
        case size, sizeLineFeed
        case extensionName, extensionValue, extensionQuoted, extensionEscape, extensionQuoteEnd
        case data, dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed
        case lastLineFeed, done
    }

    private var state = State.size
    private var digits = 0
    /// The size being read, then the bytes of the chunk still to come.
    private var remaining = 0
    private var extensionBytes = 0
    /// Bytes of the extension's name or value being read: neither may be empty.
    private var tokenBytes = 0
    private var trailerBytes = 0
    /// The trailer name being read, as far as it could be one of the forbidden names.
    private var trailerName: [UInt8] = []

    /// Consumes framing bytes up to the next run of data, the end of the body, or the end of `bytes`.
    mutating func next(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        var offset = 0
        while offset < bytes.count {
            if state == .data {
                let run = min(remaining, bytes.count - offset)
                remaining -= run
                if remaining == 0 { state = .dataReturn }
                return BodyStep(consumed: offset + run, data: offset..<offset + run, state: .more)
            }
            if let malformation = accept(bytes[offset]) { return .malformed(malformation) }
            offset += 1
            if state == .done { return BodyStep(consumed: offset, data: offset..<offset, state: .complete) }
        }
        return BodyStep(consumed: offset, data: offset..<offset, state: .needMore)
    }

    private mutating func accept(_ byte: UInt8) -> Malformation? {
        switch state {
        case .size, .sizeLineFeed: return acceptSizeLine(byte)
        case .extensionName, .extensionValue, .extensionQuoted, .extensionEscape, .extensionQuoteEnd:
            return acceptExtension(byte)
        case .dataReturn:
            state = .dataLineFeed
            return byte == ByteClass.carriageReturn ? nil : .badChunkEnd
        case .dataLineFeed:
            beginSize()
            return byte == ByteClass.lineFeed ? nil : .badChunkEnd
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed: return acceptTrailer(byte)
        case .data, .done: preconditionFailure("a chunk's data and the end are handled by next(_:)")
        }
    }

    private mutating func beginSize() {
        state = .size
        digits = 0
        remaining = 0
    }

    private mutating func acceptSizeLine(_ byte: UInt8) -> Malformation? {
        if state == .sizeLineFeed {
            guard byte == ByteClass.lineFeed else { return .badChunkSize }
            state = remaining == 0 ? .trailerStart : .data
            return nil
        }
        if let digit = ByteClass.hexValue(byte) { return addDigit(digit) }
        return digits > 0 && endToken(byte) ? nil : .badChunkSize
    }

    private mutating func addDigit(_ digit: Int) -> Malformation? {
        guard digits < HeadLimits.chunkSizeDigitsMax else { return .chunkTooLarge }
        digits += 1
        remaining = remaining << 4 | digit
        return nil
    }

    /// CR ends the line, a semicolon begins a further extension; false for anything else.
    private mutating func endToken(_ byte: UInt8) -> Bool {
        guard byte == ByteClass.carriageReturn || byte == ByteClass.semicolon else { return false }
        state = byte == ByteClass.semicolon ? .extensionName : .sizeLineFeed
        tokenBytes = 0
        return true
    }
}

// Extensions: checked by their grammar (RFC 9112 §7.1.1), without the blanks that it calls bad, then forgotten.
extension ChunkedDecoder {
    private mutating func acceptExtension(_ byte: UInt8) -> Malformation? {
        extensionBytes += 1
        guard extensionBytes <= HeadLimits.chunkExtensionBytesMax else { return .chunkExtensionsTooLong }
        return isInExtension(byte) ? nil : .badChunkExtension
    }

    private mutating func isInExtension(_ byte: UInt8) -> Bool {
        switch state {
        case .extensionQuoted:
            if byte == UInt8(ascii: "\"") { state = .extensionQuoteEnd }
            if byte == UInt8(ascii: "\\") { state = .extensionEscape }
            return ByteClass.isFieldValue(byte)
        case .extensionEscape:
            state = .extensionQuoted
            return ByteClass.isFieldValue(byte)
        case .extensionQuoteEnd: return endToken(byte)
        default: return isInToken(byte)
        }
    }

    /// A name, or an unquoted value.
    private mutating func isInToken(_ byte: UInt8) -> Bool {
        if ByteClass.isToken(byte) {
            tokenBytes += 1
            return true
        }
        if state == .extensionValue, tokenBytes == 0, byte == UInt8(ascii: "\"") {
            state = .extensionQuoted
            return true
        }
        guard tokenBytes > 0 else { return false }
        if state == .extensionName, byte == UInt8(ascii: "=") {
            state = .extensionValue
            tokenBytes = 0
            return true
        }
        return endToken(byte)
    }
}

// Trailers: read like fields, then forgotten.
extension ChunkedDecoder {
    private mutating func acceptTrailer(_ byte: UInt8) -> Malformation? {
        trailerBytes += 1
        guard trailerBytes <= HeadLimits.trailerBytesMax else { return .trailersTooLong }
        switch state {
        case .trailerStart: return beginTrailer(byte)
        case .trailerName: return acceptTrailerName(byte)
        case .trailerValue:
            if byte == ByteClass.carriageReturn {
                state = .trailerLineFeed
                return nil
            }
            return ByteClass.isFieldValue(byte) ? nil : .badTrailer
        case .trailerLineFeed:
            state = .trailerStart
            return byte == ByteClass.lineFeed ? nil : .badTrailer
        default:
            state = .done
            return byte == ByteClass.lineFeed ? nil : .badTrailer
        }
    }

    private mutating func beginTrailer(_ byte: UInt8) -> Malformation? {
        if byte == ByteClass.carriageReturn {
            state = .lastLineFeed
            return nil
        }
        guard ByteClass.isToken(byte) else { return .badTrailer }
        trailerName = [ByteClass.lowercased(byte)]
        state = .trailerName
        return nil
    }

    private mutating func acceptTrailerName(_ byte: UInt8) -> Malformation? {
        guard byte == ByteClass.colon else {
            guard ByteClass.isToken(byte) else { return .badTrailer }
            if trailerName.count < Self.forbiddenNameBytesMax + 1 { trailerName.append(ByteClass.lowercased(byte)) }
            return nil
        }
        state = .trailerValue
        let isForbidden = trailerName.withUnsafeBytes { name in
            Self.isForbidden(name, 0..<name.count)
        }
        return isForbidden ? .forbiddenTrailer : nil
    }

    /// The longest forbidden name, transfer-encoding.
    private static let forbiddenNameBytesMax = 17

    /// Fields that would change framing or routing after the fact (RFC 9110 §6.5.1).
    private static func isForbidden(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) -> Bool {
        bytes.equals("transfer-encoding", in: name) || bytes.equals("content-length", in: name)
            || bytes.equals("host", in: name) || bytes.equals("connection", in: name) || bytes.equals("te", in: name)
            || bytes.equals("trailer", in: name) || bytes.equals("content-encoding", in: name)
    }
}
