// Agreement: scanner and tree against the naive reader over random and mutated texts.
//
// A failure prints its seed and text; WEIR_TEST_SEED replays it.

import JSON
import Support
import Testing

@Suite struct AgreementTests {
    /// Enough to meet every branch of the grammar in about two seconds.
    static let rounds = 60_000

    @Test func agreesWithTheNaiveReader() {
        var random = SeededRandom.forTest()
        var accepted = 0
        for round in 0..<Self.rounds {
            var text: [UInt8] = []
            RandomText.value(&random, depth: 0, into: &text)
            for _ in 0..<(round % 4) { RandomText.mutate(&text, &random) }
            let expected = NaiveReader.read(text)
            if expected != nil { accepted += 1 }
            text.withUnsafeBytes { bytes in
                let note: Comment = "seed \(random.seed) round \(round): \(text)"
                #expect(Self.skips(bytes) == (expected != nil), note)
                let tree = try? JSONValue(parsing: bytes)
                #expect(tree == expected.flatMap { $0.isText ? $0.value : nil }, note)
            }
        }
        // Both sides of the grammar must have been met.
        #expect((Self.rounds / 5...Self.rounds - Self.rounds / 5).contains(accepted), "seed \(random.seed)")
    }

    @Test func writingAndReadingAgainKeepsTheTree() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<5_000 {
            var text: [UInt8] = []
            RandomText.value(&random, depth: 0, into: &text)
            guard let value = text.withUnsafeBytes({ try? JSONValue(parsing: $0) }) else { continue }
            var written: [UInt8] = []
            value.append(to: &written)
            let again = try written.withUnsafeBytes { bytes in try JSONValue(parsing: bytes) }
            #expect(again == value, "seed \(random.seed)")
        }
    }

    private static func skips(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var scanner = JSONScanner(bytes)
        do {
            try scanner.skip()
            try scanner.finish()
            return true
        } catch {
            return false
        }
    }
}

/// Random texts, mostly valid, dense in what is easy to get wrong.
enum RandomText {
    private static let scalars = [
        "0", "-0", "17", "-1.5", "1e9", "0.25E-3", "123456789012345678901234567890", "true", "false", "null",
    ]
    private static let pieces = [
        "a", "model", "\\n", "\\\"", "\\\\", "\\u0041", "\\uD83D\\uDE00", "\\ud800", "\\/", "é", "😀", " ", "{", "]",
        ":", ",",
        "0123456789abcdefghij",
    ]
    private static let alphabet = Array("{}[]\":,\\u0123456789eE+-.truefalsn \n\t".utf8) + [0, 0x1F, 0x80, 0xC3, 0xFF]

    static func value(_ random: inout SeededRandom, depth: Int, into text: inout [UInt8]) {
        space(&random, into: &text)
        switch Int.random(in: 0..<(depth < 5 ? 4 : 2), using: &random) {
        case 0: text += Array(scalars.randomElement(using: &random)!.utf8)
        case 1: string(&random, into: &text)
        case 2: container(&random, "[", "]", into: &text) { value(&$0, depth: depth + 1, into: &$1) }
        default:
            container(&random, "{", "}", into: &text) {
                space(&$0, into: &$1)
                string(&$0, into: &$1)
                space(&$0, into: &$1)
                $1.append(UInt8(ascii: ":"))
                value(&$0, depth: depth + 1, into: &$1)
            }
        }
        space(&random, into: &text)
    }

    static func mutate(_ text: inout [UInt8], _ random: inout SeededRandom) {
        let at = Int.random(in: 0...text.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: text.insert(alphabet.randomElement(using: &random)!, at: at)
        case 1: if at < text.count { text.remove(at: at) }
        case 2: if at < text.count { text[at] = alphabet.randomElement(using: &random)! }
        default: if at > 0, Bool.random(using: &random) { text.removeSubrange(at...) }
        }
    }

    private static func container(
        _ random: inout SeededRandom, _ open: String, _ close: String, into text: inout [UInt8],
        _ part: (inout SeededRandom, inout [UInt8]) -> Void
    ) {
        text += Array(open.utf8)
        for index in 0..<Int.random(in: 0...3, using: &random) {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            part(&random, &text)
        }
        text += Array(close.utf8)
    }

    private static func string(_ random: inout SeededRandom, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for _ in 0..<Int.random(in: 0...4, using: &random) { text += Array(pieces.randomElement(using: &random)!.utf8) }
        text.append(UInt8(ascii: "\""))
    }

    private static func space(_ random: inout SeededRandom, into text: inout [UInt8]) {
        if Int.random(in: 0..<4, using: &random) == 0 {
            text.append([0x20, 0x0A, 0x09, 0x0D].randomElement(using: &random)!)
        }
    }
}
