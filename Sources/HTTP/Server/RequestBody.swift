// RequestBody: collects one request body, inflating it on the way, within one limit.
//
// For: ServerConnection.collectBody. Pure but for memory: bytes in, a verdict out.
// Refuses: more than `limit` bytes after inflation, damaged or cut compression, bad chunks.
// Called by: ServerConnection with what has arrived.

internal import NIOCore

struct RequestBody {
    enum Step {
        case needMore
        case complete(ByteBuffer)
        case failed(RequestProblem)
    }

    /// Reserved at once for a body of known length; beyond it memory follows the bytes that really arrive.
    private static let reservedBytesMax = 64 * 1024

    private let limit: Int
    private let inflater: Inflater?
    private var body = ByteBuffer()
    private var hasReceived = false

    /// `knownLength` is the Content-Length, if there is one.
    init(limit: Int, coding: ContentCoding, knownLength: Int?) {
        self.limit = limit
        inflater = coding == .zlib ? Inflater() : nil
        if let knownLength, inflater == nil {
            body.reserveCapacity(min(knownLength, Self.reservedBytesMax))
        }
    }

    /// Takes what `decoder` finds in `input`.
    mutating func read(_ input: inout ByteBuffer, _ decoder: inout BodyDecoder) -> Step {
        while true {
            let step = input.withUnsafeReadableBytes { decoder.next($0) }
            if case .malformed(let malformation) = step.state { return .failed(.malformed(malformation)) }
            if let problem = take(input, step.data) { return .failed(problem) }
            input.moveReaderIndex(forwardBy: step.consumed)
            switch step.state {
            case .more: continue
            case .needMore, .malformed: return .needMore
            case .complete: return finish()
            }
        }
    }

    private mutating func take(_ input: ByteBuffer, _ data: Range<Int>) -> RequestProblem? {
        guard !data.isEmpty else { return nil }
        hasReceived = true
        guard let inflater else {
            guard body.readableBytes + data.count <= limit else { return .bodyTooLarge }
            input.withUnsafeReadableBytes { _ = body.writeBytes(UnsafeRawBufferPointer(rebasing: $0[data])) }
            return nil
        }
        var problem: InflateProblem?
        input.withUnsafeReadableBytes { bytes in
            do throws(InflateProblem) {
                try inflater.inflate(UnsafeRawBufferPointer(rebasing: bytes[data]), into: &body, limit: limit)
            } catch { problem = error }
        }
        guard let problem else { return nil }
        return problem == .tooLarge ? .bodyTooLarge : .undecodableContent
    }

    private mutating func finish() -> Step {
        if let inflater, hasReceived, !inflater.isFinished { return .failed(.undecodableContent) }
        return .complete(body)
    }
}
