// BodyDecoder: finds the body of one message in the bytes behind its head.
//
// For: both directions; one loop in the shells serves all four framings.
// Refuses: what ChunkedDecoder refuses; the other framings cannot fail.
// Called by: RequestBody and UpstreamConnection: `next` with the unread bytes until it says needMore or complete.

/// What a call of `next` found. `data` lies inside the `consumed` bytes; drop those before calling again.
struct BodyStep {
    enum State: Hashable {
        /// There may be more in the same bytes: call again behind `consumed`.
        case more
        case needMore
        case complete
        case malformed(Malformation)
    }

    var consumed: Int
    var data: Range<Int>
    var state: State

    static func malformed(_ malformation: Malformation) -> BodyStep {
        BodyStep(consumed: 0, data: 0..<0, state: .malformed(malformation))
    }
}

/// The decoder of one body.
enum BodyDecoder: Sendable {
    case none
    case length(remaining: Int)
    case chunked(ChunkedDecoder)
    case untilClose

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: self = .none
        case .length(let length): self = .length(remaining: length)
        case .chunked: self = .chunked(ChunkedDecoder())
        case .untilClose: self = .untilClose
        }
    }

    /// Reads on in `bytes`, which begins where the last step's `consumed` ended.
    mutating func next(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        switch self {
        case .none:
            return BodyStep(consumed: 0, data: 0..<0, state: .complete)
        case .length(let remaining):
            let run = min(remaining, bytes.count)
            self = .length(remaining: remaining - run)
            return BodyStep(consumed: run, data: 0..<run, state: run == remaining ? .complete : .needMore)
        case .chunked(var decoder):
            self = .none
            let step = decoder.next(bytes)
            self = .chunked(decoder)
            return step
        case .untilClose:
            return BodyStep(consumed: bytes.count, data: 0..<bytes.count, state: .needMore)
        }
    }

    /// Whether an end of the connection here is the end of the body, not a truncation.
    var endsAtClose: Bool {
        if case .untilClose = self { true } else { false }
    }
}
