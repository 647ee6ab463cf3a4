// ResponseHeadParser: the head of a response, however the bytes arrive.
//
// For: the upstream side. Pure, and as strict as the request side: a confused upstream connection would hand one tenant's
// answer to another.
// Refuses: bare LF, folded lines, contradictory framing, unknown transfer codings, 101, versions other than 1.0 and 1.1.
// Called by: UpstreamConnection with all bytes received for this head so far.

/// Reads one response head; `reset()` before the next, also after an interim one.
struct ResponseHeadParser {
    enum Step {
        case needMore
        /// The head is the first `length` bytes.
        case complete(length: Int)
        case refused(Malformation)
    }

    private let limits: HeadLimits
    private var lines = HeadLines()
    private var hasStatusLine = false
    private(set) var framingFields = FramingFields()

    init(limits: HeadLimits) { self.limits = limits }

    mutating func reset() {
        lines.reset()
        hasStatusLine = false
        framingFields = FramingFields()
    }

    /// Reads on. `bytes` is everything since the end of the previous message.
    mutating func parse(_ bytes: UnsafeRawBufferPointer, into head: inout ResponseHead) -> Step {
        while true {
            switch lines.next(bytes, bound: limits.headBytesMax) {
            case .needMore: return .needMore
            case .tooLong: return .refused(.headTooLarge)
            case .malformed(let malformation): return .refused(malformation)
            case .line(let line):
                if line.isEmpty, hasStatusLine { return finish(&head) }
                let malformation =
                    hasStatusLine ? readField(line, bytes, into: &head) : readStatus(line, bytes, into: &head)
                if let malformation { return .refused(malformation) }
            }
        }
    }

    /// "HTTP/1.1 200 reason"; the reason and even its space may be missing (RFC 9112 §4 and what servers send).
    private mutating func readStatus(
        _ line: Range<Int>, _ bytes: UnsafeRawBufferPointer, into head: inout ResponseHead
    ) -> Malformation? {
        guard line.count >= 12, bytes[line.lowerBound + 8] == ByteClass.space else { return .badStatusLine }
        guard case .known(let version) = RequestLine.readVersion(bytes, line.lowerBound) else { return .badVersion }
        var status = 0
        for offset in line.lowerBound + 9..<line.lowerBound + 12 {
            guard ByteClass.isDigit(bytes[offset]) else { return .badStatusLine }
            status = status * 10 + Int(bytes[offset] &- 0x30)
        }
        guard (100...599).contains(status) else { return .badStatusLine }
        if line.count > 12, bytes[line.lowerBound + 12] != ByteClass.space { return .badStatusLine }
        if bytes.firstNonFieldValue(in: line.lowerBound + 12..<line.upperBound) != nil { return .badStatusLine }
        head.status = status
        head.version = version
        hasStatusLine = true
        return nil
    }

    private mutating func readField(
        _ line: Range<Int>, _ bytes: UnsafeRawBufferPointer, into head: inout ResponseHead
    ) -> Malformation? {
        guard head.fields.slots.count < limits.fieldsMax else { return .tooManyFields }
        switch FieldLine.parse(bytes, line) {
        case .failure(let malformation): return malformation
        case .success(let slot):
            head.fields.slots.append(slot)
            return note(slot, bytes)
        }
    }

    @inline(__always)
    private mutating func note(_ slot: FieldSlot, _ bytes: UnsafeRawBufferPointer) -> Malformation? {
        switch slot.nameLength {
        case 10 where bytes.equals("connection", in: slot.name):
            framingFields.noteConnection(bytes, slot.value)
        case 14 where bytes.equals("content-length", in: slot.name):
            return framingFields.noteContentLength(bytes, slot.value)
        case 17 where bytes.equals("transfer-encoding", in: slot.name):
            return framingFields.noteTransferEncoding(bytes, slot.value)
        default: break
        }
        return nil
    }

    private func finish(_ head: inout ResponseHead) -> Step {
        if let malformation = framingFields.contradiction(version: head.version) { return .refused(malformation) }
        if framingFields.transferCoding == .codingsThenChunked { return .refused(.unsupportedTransferCoding) }
        if head.status == 101 { return .refused(.unexpectedUpgrade) }
        return .complete(length: lines.lineStart)
    }

    /// The body's framing (RFC 9112 §6.3): none for HEAD, 1xx, 204 and 304 whatever the fields say.
    func framing(status: Int, toHead: Bool) -> BodyFraming {
        if toHead || status < 200 || status == 204 || status == 304 { return .none }
        if framingFields.transferCoding == .chunked { return .chunked }
        guard let length = framingFields.contentLength else { return .untilClose }
        return length == 0 ? .none : .length(length)
    }
}
