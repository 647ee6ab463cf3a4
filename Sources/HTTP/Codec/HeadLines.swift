// HeadLines: cuts the growing bytes of a head into lines, each byte looked at once however they arrive.
//
// For: both head parsers. The caller passes all bytes of the message so far each time; the cursor remembers how far it got.
// Refuses: lines that end in a bare LF; whatever passes its byte bounds without a line feed.
// Called by: RequestHeadParser, ResponseHeadParser.

struct HeadLines {
    /// Where the current line begins.
    private(set) var lineStart = 0
    /// Up to where the current line has been searched.
    private var searched = 0

    enum Line {
        /// The line without its CRLF; the cursor is behind it.
        case line(Range<Int>)
        case needMore
        /// No line feed within the bound.
        case tooLong
        case malformed(Malformation)
    }

    /// The next line, if its LF lies before offset `bound`.
    @inline(__always)
    mutating func next(_ bytes: UnsafeRawBufferPointer, bound: Int) -> Line {
        let end = min(bytes.count, bound)
        guard let lineFeed = bytes.firstLineFeed(in: min(searched, end)..<end) else {
            searched = end
            return bytes.count >= bound ? .tooLong : .needMore
        }
        let start = lineStart
        lineStart = lineFeed &+ 1
        searched = lineStart
        guard lineFeed > start, bytes[lineFeed &- 1] == ByteClass.carriageReturn else {
            return .malformed(.bareLineFeed)
        }
        return .line(start..<lineFeed &- 1)
    }

    mutating func reset() {
        lineStart = 0
        searched = 0
    }
}
