// UpstreamConnection+Answers: from input bytes to a head, pieces of body and an end.
//
// For: reading answers. Bodies are handed on as slices; when a read holds several small chunks they are put together first,
// so that a receiver is called once per read and not once per chunk.
// Refuses: see ResponseHeadParser and ChunkedDecoder.
// Called by: UpstreamConnection on reads.

internal import NIOCore

extension UpstreamConnection {
    /// A chunk up to this size is copied to join its neighbours; larger ones go on by reference.
    private static let gatheredChunkMax = 4096
    /// Bytes joined before they are handed on in any case.
    private static let gatheredBytesMax = 32 * 1024

    /// Reads on until more bytes are needed or the call has ended. A receiver may cancel, pause or send during it.
    func readOn() {
        guard !isReadingOn else { return }
        isReadingOn = true
        while readStep() {}
        isReadingOn = false
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    private func readStep() -> Bool {
        switch phase {
        case .head: readHead()
        case .body: readBody()
        case .handshake, .idle, .closed: false
        }
    }

    private func readHead() -> Bool {
        guard input.readableBytes > 0 else { return false }
        switch input.withUnsafeReadableBytes({ parser.parse($0, into: &head) }) {
        case .needMore: return false
        case .refused(let malformation):
            fail(.malformed(malformation))
            return false
        case .complete(let length):
            let bytes = input.readSlice(length: length) ?? ByteBuffer()
            return head.status < 200 ? skipInterim() : deliverHead(bytes)
        }
    }

    private func skipInterim() -> Bool {
        interimResponses += 1
        guard interimResponses <= HeadLimits.interimResponsesMax else {
            fail(.malformed(.tooManyInterimResponses))
            return false
        }
        parser.reset()
        head.removeAll()
        return true
    }

    private func deliverHead(_ bytes: ByteBuffer) -> Bool {
        guard let call else { return false }
        let framing = parser.framing(status: head.status, toHead: isToHead)
        head.fields.bytes = bytes
        head.bodyLength = framing.knownLength
        decoder = BodyDecoder(framing)
        phase = .body
        deadline = call.isPaused ? .distantFuture : loop.deadline(in: call.timeouts.idle)
        call.receiver?.upstreamHead(head)
        return true
    }

    private func readBody() -> Bool {
        guard let call else { return false }
        var pending = ByteBuffer()
        var isGathering = false
        var state = BodyStep.State.more
        while state == .more {
            let step = input.withUnsafeReadableBytes { decoder.next($0) }
            state = step.state
            if !step.data.isEmpty {
                take(step.data, &pending, &isGathering)
                guard self.call === call else { return false }
            }
            input.moveReaderIndex(forwardBy: step.consumed)
        }
        if pending.readableBytes > 0 { call.receiver?.upstreamBody(pending) }
        // The receiver may have cancelled; then the connection is closed and nothing more is to be said.
        guard self.call === call, phase == .body else { return false }
        return finishRead(state, call)
    }

    private func finishRead(_ state: BodyStep.State, _ call: UpstreamCall) -> Bool {
        switch state {
        case .complete:
            let keeps = parser.framingFields.keepsAlive(version: head.version) && !decoder.endsAtClose
            endCall(reusable: keeps && input.readableBytes == 0)
        case .malformed(let malformation): fail(.malformed(malformation))
        case .more, .needMore:
            if !call.isPaused { deadline = loop.deadline(in: call.timeouts.idle) }
        }
        return false
    }

    /// Adds a run of data to what will be handed on: by reference if it is the first or large, else by copy.
    private func take(_ data: Range<Int>, _ pending: inout ByteBuffer, _ isGathering: inout Bool) {
        let total = pending.readableBytes + data.count
        if pending.readableBytes > 0, data.count > Self.gatheredChunkMax || total > Self.gatheredBytesMax {
            call?.receiver?.upstreamBody(pending)
            pending = ByteBuffer()
            isGathering = false
        }
        if pending.readableBytes == 0 {
            pending = input.getSlice(at: input.readerIndex + data.lowerBound, length: data.count) ?? ByteBuffer()
            return
        }
        if !isGathering {
            gathered.clear(minimumCapacity: Self.gatheredChunkMax)
            gathered.writeImmutableBuffer(pending)
            isGathering = true
        }
        pending = ByteBuffer()
        input.withUnsafeReadableBytes { _ = gathered.writeBytes(UnsafeRawBufferPointer(rebasing: $0[data])) }
        pending = gathered
    }
}

extension BodyFraming {
    /// Bytes of body when known beforehand.
    fileprivate var knownLength: Int? {
        switch self {
        case .none: 0
        case .length(let length): length
        case .chunked, .untilClose: nil
        }
    }
}
