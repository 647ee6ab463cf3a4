// Lines come out the same however their bytes were cut.

import Support
import Testing

@testable import weirctl

@Suite struct LineSplitterTests {
    private func split(_ pieces: [[UInt8]]) -> [String] {
        var splitter = LineSplitter()
        let whole = pieces.flatMap { splitter.lines(adding: $0) }
        return whole + (splitter.last().map { [$0] } ?? [])
    }

    @Test func everyCutGivesTheSameLines() {
        let bytes = Array("first\n\nthird, Grüße\nrest".utf8)
        let expected = ["first", "", "third, Grüße", "rest"]
        #expect(split([bytes]) == expected)
        #expect(split(bytes.map { [$0] }) == expected)
        for cut in bytes.indices {
            #expect(split([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected, "cut at \(cut)")
        }
    }

    @Test func endlessLineComesInPieces() {
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: LineSplitter.longest + 10)
        #expect(split([line + Array("\nnext\n".utf8)]).map(\.utf8.count) == [LineSplitter.longest, 10, 4])
        var splitter = LineSplitter()
        #expect(splitter.lines(adding: line).map(\.utf8.count) == [LineSplitter.longest])
    }

    @Test func lineOfExactlyTheLongestIsOneLine() {
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: LineSplitter.longest)
        #expect(split([line, Array("\n".utf8)]).map(\.utf8.count) == [LineSplitter.longest, 0])
        #expect(split([line + Array("\n".utf8)]).map(\.utf8.count) == [LineSplitter.longest])
    }
}
