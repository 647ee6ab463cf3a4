// SSEEvent: one event of a stream, with the very bytes it came in.
//
// For: whoever reads a stream (SSESink); the raw bytes are what a passthrough forwards.
// Refuses: to outlive the call it is handed to: it points into the received bytes.
// Called by: SSEParser makes them, PassthroughStream's relay reads them.

/// A block of lines up to and with its blank line: an event, a comment block, or a lone blank line.
struct SSEEvent {
    /// Every byte of the block as received.
    let raw: UnsafeRawBufferPointer
    /// The value of `data`; several lines joined with LF.
    let data: UnsafeRawBufferPointer
    /// The last `event` field's value, empty when there was none.
    let name: UnsafeRawBufferPointer
    /// Where each `data` line's value stands in `raw`. Empty: not an event but comments or nothing.
    let lines: SSEDataLines
    /// Offset in `raw` of the blank line that ends the block, or of its end when the stream ended first (S-10).
    let blankLine: Int
    /// Whether the blank line came.
    let isTerminated: Bool

    /// Whether the block carries data. Blocks without are comments (S-08), which no reader has to understand.
    var hasData: Bool { lines.count > 0 }

    /// The range in `raw` of a stretch of `data` that lies within one line, as every JSON string does.
    func rawRange(_ stretch: Range<Int>) -> Range<Int> {
        let shift = lines.shift(at: stretch.lowerBound)
        return stretch.lowerBound + shift..<stretch.upperBound + shift
    }
}

/// The data lines of a block. The first is kept in place, since nearly every event has just one.
struct SSEDataLines {
    private(set) var count = 0
    private(set) var first = 0..<0
    private(set) var others: [Range<Int>] = []

    mutating func append(_ range: Range<Int>) {
        if count == 0 { first = range } else { others.append(range) }
        count += 1
    }

    mutating func removeAll() {
        if count > 1 { others.removeAll(keepingCapacity: true) }
        first = 0..<0
        count = 0
    }

    /// What to add to an offset in the joined data to get the offset in the block.
    func shift(at offset: Int) -> Int {
        var joined = 0
        var line = first
        for other in others {
            let next = joined + line.count + 1  // the LF between
            if offset < next { break }
            joined = next
            line = other
        }
        return line.lowerBound - joined
    }
}

/// What takes a stream's events.
protocol SSESink {
    /// Takes the next block. `false`: no more is wanted, the rest of the stream is ignored.
    mutating func receive(_ event: SSEEvent) -> Bool

    /// The LF of a CRLF whose CR ended the last block, when a read had cut between them (S-04, S-05).
    mutating func receiveLateLineFeed()
}
