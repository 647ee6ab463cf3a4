// SSEParser: server-sent events out of bytes that were cut anywhere (WHATWG HTML, 9.2.6 "Interpreting an event stream").
//
// For: every stream from an upstream. LF, CRLF and lone CR, a byte order mark, comments, missing spaces, several data lines.
// Refuses: lines and events beyond its limits (S-12). Whatever is cut, the same events come out (INV-S).
// Called by: PassthroughStream.

import JSON

/// Why a stream cannot be read on.
enum SSEFault: Error, Equatable {
    case lineTooLong
    case eventTooLong
}

/// An incremental parser. Blocks that lie whole in what was fed are handed on in place; only a block that reads cut is copied
/// together. Memory is bounded by `longestEvent`.
struct SSEParser {
    /// One line: 1 MiB. A vendor's longest are images in one delta, well below it.
    static let longestLine = 1 << 20
    /// One event: 8 MiB, eight of the longest lines.
    static let longestEvent = 8 << 20

    /// Data lines of one event: what vendors send has one; the ranges of so many take 1 MiB.
    static let mostDataLines = 1 << 16

    /// The begin of a block whose end has not come yet.
    private var pending: [UInt8] = []
    /// Offsets are relative to the block's first byte.
    private var block = Block()
    /// Bytes of the byte order mark met at the start; 3 when that question is settled.
    private var markBytes = 0
    /// The last line ended with CR as the last byte fed: an LF that follows belongs to it.
    private var awaitsLineFeed = false
    private var isStopped = false

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Feeds the next bytes. After a fault, or when the sink wants no more, further bytes are ignored.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, to sink: inout some SSESink) throws(SSEFault) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        let base = start.assumingMemoryBound(to: UInt8.self)
        var at = passMark(base, bytes.count)
        if awaitsLineFeed, at < bytes.count { at = takeLateLineFeed(base, at, &sink) }
        while at < bytes.count, !isStopped {
            at =
                pending.isEmpty
                ? try feedInPlace(base, at, bytes.count, &sink) : try feedPending(base, at, bytes.count, &sink)
        }
    }

    /// The end of the stream: a last event that lacks its blank line is still handed on (S-10).
    mutating func end(to sink: inout some SSESink) {
        guard !isStopped else { return }
        isStopped = true
        var held: [UInt8] = []
        swap(&held, &pending)
        held.withUnsafeBufferPointer { held in
            guard let base = held.baseAddress else { return }
            if block.lineStart < held.count { _ = block.takeLine(base, held.count) }
            guard block.lines.count > 0 else { return }
            _ = block.deliver(base, blankLine: held.count, end: held.count, isTerminated: false, to: &sink)
        }
    }
}

extension SSEParser {
    /// Settles whether the stream begins with a byte order mark, and returns where its text begins.
    private mutating func passMark(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        guard markBytes < 3 else { return 0 }
        var at = 0
        while markBytes < 3, at < count, base[at] == Self.mark[markBytes] {
            at += 1
            markBytes += 1
        }
        guard markBytes < 3, at < count else { return at }
        // Not a mark after all: bytes of it from earlier reads are text.
        if markBytes > at { pending = Array(Self.mark[..<(markBytes - at)]) }
        markBytes = 3
        return 0
    }

    private mutating func takeLateLineFeed(
        _ base: UnsafePointer<UInt8>, _ at: Int, _ sink: inout some SSESink
    ) -> Int {
        awaitsLineFeed = false
        guard base[at] == UInt8(ascii: "\n") else { return at }
        if pending.isEmpty {
            sink.receiveLateLineFeed()
        } else {
            pending.append(UInt8(ascii: "\n"))
            block.lineStart = pending.count
        }
        return at + 1
    }

    /// Reads blocks where they lie, from the start of one at `from`; keeps what is left of the last one.
    private mutating func feedInPlace(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int, _ sink: inout some SSESink
    ) throws(SSEFault) -> Int {
        var start = from
        while true {
            let first = base + start
            let left = count - start
            let line = ByteSearch.lineEnd(first, block.lineStart, left)
            try checkBounds(line)
            guard line < left else {
                pending.append(contentsOf: UnsafeBufferPointer(start: first, count: left))
                return count
            }
            let next = afterTerminator(first, line, left)
            if block.takeLine(first, line) {
                block.lineStart = next
                try checkLines()
                continue
            }
            isStopped = !block.deliver(first, blankLine: block.lineStart, end: next, isTerminated: true, to: &sink)
            block.reset()
            start += next
            if start >= count || isStopped { return start }
        }
    }

    /// Completes the kept block line by line.
    private mutating func feedPending(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ count: Int, _ sink: inout some SSESink
    ) throws(SSEFault) -> Int {
        let line = ByteSearch.lineEnd(base, from, count)
        try checkBounds(pending.count + (line - from))
        guard line < count else {
            pending.append(contentsOf: UnsafeBufferPointer(start: base + from, count: count - from))
            return count
        }
        let next = afterTerminator(base, line, count)
        let lineEnd = pending.count + (line - from)
        pending.append(contentsOf: UnsafeBufferPointer(start: base + from, count: next - from))
        dispatchPending(lineEnd, &sink)
        try checkLines()
        return next
    }

    /// Takes the line that ends at `lineEnd` of the kept block, and hands the block on when it is complete.
    private mutating func dispatchPending(_ lineEnd: Int, _ sink: inout some SSESink) {
        var held: [UInt8] = []
        swap(&held, &pending)
        let isComplete = held.withUnsafeBufferPointer { held in
            guard let base = held.baseAddress else { preconditionFailure("a line was just appended to the block") }
            if block.takeLine(base, lineEnd) {
                block.lineStart = held.count
                return false
            }
            let end = held.count
            isStopped = !block.deliver(base, blankLine: block.lineStart, end: end, isTerminated: true, to: &sink)
            block.reset()
            return true
        }
        if isComplete { held.removeAll(keepingCapacity: true) }
        swap(&held, &pending)
    }

    /// The offset behind the line end at `line`: CR, LF or both.
    @inline(__always)
    private mutating func afterTerminator(_ base: UnsafePointer<UInt8>, _ line: Int, _ count: Int) -> Int {
        guard base[line] == UInt8(ascii: "\r") else { return line + 1 }
        guard line + 1 < count else {
            awaitsLineFeed = true
            return line + 1
        }
        return base[line + 1] == UInt8(ascii: "\n") ? line + 2 : line + 1
    }

    /// Holds the limits for a block whose current line reaches to `end` at least.
    @inline(__always)
    private mutating func checkBounds(_ end: Int) throws(SSEFault) {
        if end - block.lineStart > Self.longestLine || end > Self.longestEvent {
            isStopped = true
            throw end - block.lineStart > Self.longestLine ? .lineTooLong : .eventTooLong
        }
    }

    @inline(__always)
    private mutating func checkLines() throws(SSEFault) {
        if block.lines.count > Self.mostDataLines {
            isStopped = true
            throw .eventTooLong
        }
    }
}
