// RequestHeadParser: the head of a request, from its first byte to its empty line, however the bytes arrive.
//
// For: the server side of every connection. Pure: bytes in, offsets and a verdict out.
// Refuses: see Malformation and RequestProblem; in short whatever RFC 9112 does not clearly allow.
// Called by: ServerConnection with all bytes received for this head so far; it remembers what it has already read.

/// Reads one request head; `reset()` before the next.
struct RequestHeadParser {
    enum Step {
        case needMore
        /// The head is the first `length` bytes; `RequestHead` and the framing below are filled in.
        case complete(length: Int)
        case refused(RequestProblem)
    }

    enum Expectation {
        case none, continueFirst
    }

    private let limits: HeadLimits
    private var lines = HeadLines()
    private var emptyLines = 0
    private var hasRequestLine = false
    private var host: Range<Int>?
    private(set) var framingFields = FramingFields()
    private(set) var expectation = Expectation.none

    init(limits: HeadLimits) { self.limits = limits }

    mutating func reset() {
        lines.reset()
        emptyLines = 0
        hasRequestLine = false
        host = nil
        framingFields = FramingFields()
        expectation = .none
    }

    /// Whether a byte of a request line has been seen (empty lines before it do not count).
    func hasBegun(_ count: Int) -> Bool { hasRequestLine || count > lines.lineStart }

    /// Reads on. `bytes` is everything since the end of the previous message.
    mutating func parse(_ bytes: UnsafeRawBufferPointer, into head: inout RequestHead) -> Step {
        while true {
            let bound = hasRequestLine ? limits.headBytesMax : min(limits.requestLineBytesMax, limits.headBytesMax)
            switch lines.next(bytes, bound: bound) {
            case .needMore: return .needMore
            case .tooLong: return .refused(hasRequestLine ? .headTooLarge : .targetTooLong)
            case .malformed(let malformation): return .refused(.malformed(malformation))
            case .line(let line):
                if line.isEmpty, hasRequestLine { return finish(bytes, head) }
                if let problem = read(line, bytes, into: &head) { return .refused(problem) }
            }
        }
    }

    private mutating func read(
        _ line: Range<Int>, _ bytes: UnsafeRawBufferPointer, into head: inout RequestHead
    ) -> RequestProblem? {
        if hasRequestLine { return readField(line, bytes, into: &head) }
        if line.isEmpty {
            emptyLines += 1
            return emptyLines > HeadLimits.leadingEmptyLinesMax ? .malformed(.badRequestLine) : nil
        }
        switch RequestLine.parse(bytes, line, limits: limits) {
        case .failure(let problem): return problem
        case .success(let requestLine):
            head.line = requestLine
            hasRequestLine = true
            return nil
        }
    }

    private mutating func readField(
        _ line: Range<Int>, _ bytes: UnsafeRawBufferPointer, into head: inout RequestHead
    ) -> RequestProblem? {
        guard head.fields.slots.count < limits.fieldsMax else { return .tooManyFields }
        switch FieldLine.parse(bytes, line) {
        case .failure(let malformation): return .malformed(malformation)
        case .success(let slot):
            head.fields.slots.append(slot)
            return note(slot, bytes, version: head.version)
        }
    }

    /// The fields that decide framing and routing are told apart by length first: most fields cost one comparison.
    @inline(__always)
    private mutating func note(_ slot: FieldSlot, _ bytes: UnsafeRawBufferPointer, version: HTTPVersion)
        -> RequestProblem?
    {
        switch slot.nameLength {
        case 4 where bytes.equals("host", in: slot.name):
            guard host == nil else { return .malformed(.repeatedHost) }
            host = slot.value
            return HostRule.accepts(bytes, slot.value) ? nil : .malformed(.badHost)
        case 6 where bytes.equals("expect", in: slot.name):
            guard bytes.equals("100-continue", in: slot.value) else { return .expectationFailed }
            if version == .http11 { expectation = .continueFirst }
        case 10 where bytes.equals("connection", in: slot.name):
            framingFields.noteConnection(bytes, slot.value)
        case 14 where bytes.equals("content-length", in: slot.name):
            return framingFields.noteContentLength(bytes, slot.value).map(RequestProblem.malformed)
        case 17 where bytes.equals("transfer-encoding", in: slot.name):
            return framingFields.noteTransferEncoding(bytes, slot.value).map(RequestProblem.malformed)
        default: break
        }
        return nil
    }

    private func finish(_ bytes: UnsafeRawBufferPointer, _ head: borrowing RequestHead) -> Step {
        if let malformation = framingFields.contradiction(version: head.version) {
            return .refused(.malformed(malformation))
        }
        if framingFields.transferCoding == .codingsThenChunked { return .refused(.unsupportedTransferCoding) }
        if host == nil, head.version == .http11 { return .refused(.malformed(.missingHost)) }
        if let host, !head.line.authority.isEmpty, !agree(bytes, host, head.line.authority) {
            return .refused(.malformed(.hostDisagreesWithTarget))
        }
        if lacksLength(head) { return .refused(.lengthRequired) }
        return .complete(length: lines.lineStart)
    }

    /// HTTP/1.0 has no chunks, and a request cannot be ended by closing (RFC 1945 §7.2.2).
    private func lacksLength(_ head: borrowing RequestHead) -> Bool {
        guard head.version == .http10, framingFields.contentLength == nil else { return false }
        return head.method == .post || head.method == .put || head.method == .patch
    }

    private func agree(_ bytes: UnsafeRawBufferPointer, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(bytes[left], bytes[right]).allSatisfy { ByteClass.lowercased($0) == ByteClass.lowercased($1) }
    }

    /// The body's framing. A request without either field has none (RFC 9112 §6.3 rule 7).
    var framing: BodyFraming {
        if framingFields.transferCoding == .chunked { return .chunked }
        guard let length = framingFields.contentLength, length > 0 else { return .none }
        return .length(length)
    }
}
