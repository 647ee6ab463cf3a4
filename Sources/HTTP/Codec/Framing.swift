// Framing: where a body ends, decided from the few fields that say so.
//
// For: the one decision request smuggling lives on. Two parsers that read these fields differently see different requests,
// so every doubtful form is refused instead of interpreted.
// Refuses: a second Content-Length (even an equal one), non-digits, Content-Length with Transfer-Encoding, a
// second Transfer-Encoding, codings without a final `chunked`, any Transfer-Encoding on HTTP/1.0.
// Called by: RequestHeadParser and ResponseHeadParser, field by field and once at the end.

/// How the body of a message is delimited.
enum BodyFraming: Hashable, Sendable {
    case none
    case length(Int)
    case chunked
    /// Responses only: until the connection closes.
    case untilClose
}

/// What the framing fields of one head said.
struct FramingFields: Hashable, Sendable {
    enum TransferCoding: Hashable, Sendable {
        case absent, chunked, codingsThenChunked
    }

    var contentLength: Int?
    var transferCoding = TransferCoding.absent
    var wantsClose = false
    var wantsKeepAlive = false

    /// Content-Length: 1*DIGIT, at most 18 digits so that it cannot overflow; no sign, no list.
    mutating func noteContentLength(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> Malformation? {
        guard contentLength == nil else { return .repeatedContentLength }
        guard !value.isEmpty, value.count <= 18 else { return .badContentLength }
        var length = 0
        for offset in value {
            guard ByteClass.isDigit(bytes[offset]) else { return .badContentLength }
            length = length * 10 + Int(bytes[offset] &- 0x30)
        }
        contentLength = length
        return nil
    }

    /// Transfer-Encoding: a list of codings of which the last, and only the last, is `chunked` (RFC 9112 §6.1, §6.3).
    mutating func noteTransferEncoding(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> Malformation? {
        guard transferCoding == .absent else { return .repeatedTransferEncoding }
        if bytes.equals("chunked", in: value) {
            transferCoding = .chunked
            return nil
        }
        var last = false
        var complaint: Malformation?
        bytes.forEachListElement(in: value) { element in
            if last { complaint = .chunkedNotLast }
            last = bytes.equals("chunked", in: element)
        }
        guard complaint == nil, last else { return .chunkedNotLast }
        transferCoding = .codingsThenChunked
        return nil
    }

    /// Connection: only `close` and `keep-alive` mean anything here.
    mutating func noteConnection(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) {
        bytes.forEachListElement(in: value) { element in
            if bytes.equals("close", in: element) { wantsClose = true }
            if bytes.equals("keep-alive", in: element) { wantsKeepAlive = true }
        }
    }

    /// The rule both directions share once all fields are read.
    func contradiction(version: HTTPVersion) -> Malformation? {
        guard transferCoding != .absent else { return nil }
        if contentLength != nil { return .lengthAndTransferEncoding }
        return version == .http10 ? .transferEncodingOnHTTP10 : nil
    }

    /// Whether the peer lets the connection live (RFC 9112 §9.3).
    func keepsAlive(version: HTTPVersion) -> Bool {
        !wantsClose && (version == .http11 || wantsKeepAlive)
    }
}

extension UnsafeRawBufferPointer {
    /// Each comma-separated element of `range`, trimmed; empty ones included.
    func forEachListElement(in range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = range.lowerBound
        for offset in range where self[offset] == ByteClass.comma {
            body(trimmed(start..<offset))
            start = offset + 1
        }
        body(trimmed(start..<range.upperBound))
    }
}
