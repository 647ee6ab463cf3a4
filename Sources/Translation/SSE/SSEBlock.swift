// Block: the fields of the block being read.
//
// For: SSEParser.
// Refuses: nothing: unknown fields are ignored, as the standard says.
// Called by: SSEParser.

extension SSEParser {
    /// Ranges of the fields met so far, relative to the block's first byte.
    struct Block {
        /// Where the line that is being read begins.
        var lineStart = 0
        private(set) var lines = SSEDataLines()
        private var name = 0..<0

        /// Takes the line from `lineStart` to `end`. `false`: it is blank, the block is complete.
        @inline(__always)
        mutating func takeLine(_ base: UnsafePointer<UInt8>, _ end: Int) -> Bool {
            let length = end - lineStart
            if length == 0 { return false }
            let line = UnsafeRawPointer(base + lineStart)
            if length >= 5 {
                let head = UInt32(littleEndian: line.loadUnaligned(as: UInt32.self))
                if head == 0x6174_6164, base[lineStart + 4] == UInt8(ascii: ":") {  // data
                    lines.append(value(base, lineStart + 5, end))
                } else if length >= 6, head == 0x6E65_7665, base[lineStart + 4] == UInt8(ascii: "t"),
                    base[lineStart + 5] == UInt8(ascii: ":")
                {  // event
                    name = value(base, lineStart + 6, end)
                } else if length == 5, head == 0x6E65_7665, base[lineStart + 4] == UInt8(ascii: "t") {
                    name = end..<end
                }
            } else if length == 4, UInt32(littleEndian: line.loadUnaligned(as: UInt32.self)) == 0x6174_6164 {
                lines.append(end..<end)  // a field without a colon has an empty value
            }
            return true
        }

        /// The value from `start` on; one leading space is not part of it (S-06).
        @inline(__always)
        private func value(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Range<Int> {
            start < end && base[start] == UInt8(ascii: " ") ? start + 1..<end : start..<end
        }

        /// Hands the block, whose bytes begin at `base`, to `sink`. Returns whether more is wanted.
        @inline(__always)
        func deliver(
            _ base: UnsafePointer<UInt8>, blankLine: Int, end: Int, isTerminated: Bool, to sink: inout some SSESink
        ) -> Bool {
            let raw = UnsafeRawBufferPointer(start: base, count: end)
            func event(_ data: UnsafeRawBufferPointer) -> SSEEvent {
                SSEEvent(
                    raw: raw, data: data, name: UnsafeRawBufferPointer(rebasing: raw[name]), lines: lines,
                    blankLine: blankLine, isTerminated: isTerminated)
            }
            if lines.count <= 1 { return sink.receive(event(UnsafeRawBufferPointer(rebasing: raw[lines.first]))) }
            let joined = join(raw)
            return joined.withUnsafeBytes { sink.receive(event($0)) }
        }

        /// Several data lines with LF between (S-07).
        private func join(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
            var joined = Array(raw[lines.first])
            for line in lines.others {
                joined.append(UInt8(ascii: "\n"))
                joined.append(contentsOf: raw[line])
            }
            return joined
        }

        mutating func reset() {
            lineStart = 0
            lines.removeAll()
            name = 0..<0
        }
    }
}
