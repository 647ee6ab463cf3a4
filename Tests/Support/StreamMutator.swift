// StreamMutator: recorded event streams, damaged at random but so that much of them still means something.
//
// For: fuzzing of what reads streams. Whole events are dropped, doubled, moved and taken from other streams; numbers and strings
//   change places; and bytes are broken.
// Refuses: nothing.
// Called by: the fuzz of translated streams.

public struct StreamMutator: Sendable {
    /// What may be done to a stream.
    public enum Reach: Sendable {
        /// Only whole events are touched: every event stays what it was.
        case events
        /// Anything.
        case bytes
    }

    private let others: [[UInt8]]
    private let reach: Reach

    /// `others`: streams to take events from.
    public init(others: [[UInt8]], reach: Reach) {
        self.others = others
        self.reach = reach
    }

    /// One to four injuries of `input`.
    public func mutate(_ input: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            switch reach == .events ? 0 : Int.random(in: 0..<3, using: &random) {
            case 0: bytes = Self.injureEvents(bytes, others.randomElement(using: &random) ?? [], &random)
            case 1: Self.injureToken(&bytes, &random)
            default: Self.injureBytes(&bytes, others.randomElement(using: &random) ?? [], &random)
            }
        }
        return bytes
    }
}

extension StreamMutator {
    /// Events with their blank lines, where lines end with LF.
    private static func events(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var events: [ArraySlice<UInt8>] = []
        var start = 0
        for at in bytes.indices.dropFirst() where bytes[at] == 0x0A && bytes[at - 1] == 0x0A && at >= start + 1 {
            events.append(bytes[start...at])
            start = at + 1
        }
        if start < bytes.count { events.append(bytes[start...]) }
        return events
    }

    private static func injureEvents(
        _ bytes: [UInt8], _ other: [UInt8], _ random: inout SeededRandom
    ) -> [UInt8] {
        var events = events(bytes)
        guard !events.isEmpty else { return bytes }
        let at = Int.random(in: 0..<events.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: events.remove(at: at)
        case 1: events.insert(events[at], at: Int.random(in: 0...events.count, using: &random))
        case 2: events.swapAt(at, Int.random(in: 0..<events.count, using: &random))
        case 3: events.removeSubrange(at...)
        case 4: events.append(events.remove(at: at))
        default:
            if let foreign = Self.events(other).randomElement(using: &random) { events.insert(foreign, at: at) }
        }
        return Array(events.joined())
    }

    private static let numbers = ["0", "1", "2", "-1", "127", "128", "1.5", "99999999999999999999", "null", "\"1\""]

    /// A number or a string changes into another one.
    private static func injureToken(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let from = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
            guard let start = bytes[from...].firstIndex(where: isDigit) else { return }
            let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
            bytes.replaceSubrange(start..<end, with: Array(numbers.randomElement(using: &random)!.utf8))
        } else {
            let target = string(in: bytes, from)
            let source = string(in: bytes, Int.random(in: 0..<bytes.count, using: &random))
            guard let target, let source else { return }
            bytes.replaceSubrange(target, with: Array(bytes[source]))
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The next pair of quotes with what is between.
    private static func string(in bytes: [UInt8], _ from: Int) -> Range<Int>? {
        guard let open = bytes[from...].firstIndex(of: 0x22) else { return nil }
        guard let close = bytes[(open + 1)...].firstIndex(of: 0x22) else { return nil }
        return open..<close + 1
    }

    private static let alphabet = Array("{}[]\":,\\ue0169-.tfn \n\r:datevn<>_".utf8) + [0, 0x80, 0xE5, 0xFF]

    private static func injureBytes(_ bytes: inout [UInt8], _ other: [UInt8], _ random: inout SeededRandom) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        let length = min(Int.random(in: 1...120, using: &random), bytes.count - at)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes.insert(alphabet.randomElement(using: &random)!, at: at)
        case 1: bytes.removeSubrange(at..<min(at + 1, bytes.count))
        case 2: if at < bytes.count { bytes[at] = alphabet.randomElement(using: &random)! }
        case 3: bytes.removeSubrange(at..<at + length)
        case 4: bytes.insert(contentsOf: Array(bytes[at..<at + length]), at: at)
        case 5: bytes.removeSubrange(at...)
        default:
            let from = Int.random(in: 0...other.count, using: &random)
            bytes.insert(contentsOf: other[from..<min(from + length, other.count)], at: at)
        }
    }
}
