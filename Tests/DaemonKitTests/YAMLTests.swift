// The YAML that is read, and what of YAML is not.

import Support
import Testing

@testable import DaemonKit

@Suite struct YAMLTests {
    private func read(_ bytes: [UInt8]) -> (tree: ConfigNode?, problems: [String]) {
        var report = ConfigReport(file: "f")
        let tree = YAMLTree.read(bytes, &report)
        return (tree, report.problems.map(\.description))
    }

    @Test(arguments: [
        ("a: [1, 2", "f:2:1: not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence)"),
        ("a: 1\n  b: 2\n", "f:2:4: not valid YAML: mapping values are not allowed in this context"),
        ("a: 1\n---\nb: 2\n", "f:2:1: only one YAML document is read; remove this one"),
        ("a: *b\n", "f:1:4: aliases (*name) are not read; write the value out"),
        ("a: &b 1\n", "f:1:4: a: anchors (&name) and tags (!name) are not read"),
        ("a: !!int 1\n", "f:1:4: a: anchors (&name) and tags (!name) are not read"),
        ("a: &x {b: 1}\n", "f:1:4: a: anchors (&name) and tags (!name) are not read"),
        ("? [a]\n: 1\n", "f:1:3: a key must be a plain word"),
        ("a: {b: 1, b: 2}\n", "f:1:11: a.b: duplicate key; it is set already on line 1"),
        (
            "a:\n\t- 1\n",
            "f:2:1: not valid YAML: found character that cannot start any token (while scanning for the next token)"
        ),
        ("ä: 1\nö: \u{7}\n", "f:2:4: not valid YAML: control characters are not allowed"),
    ])
    func unusualYAML_whenRead_isRefusedWithItsPlace(text: String, problem: String) {
        #expect(read(Array(text.utf8)).problems == [problem])
    }

    @Test func invalidUTF8_whenRead_isRefusedWithItsPlace() {
        #expect(read(Array("a: 1\nbé: ".utf8) + [0xC3, 0x28]).problems[0].hasPrefix("f:2:6: not valid YAML: "))
        #expect(read([0xFF, 0xFE, 0x61, 0x00]).tree == nil)
    }

    @Test func emptyFile_whenRead_isAnEmptyMapping() {
        for text in ["", "\n\n", "# only a comment\n", "---\n"] {
            let (tree, problems) = read(Array(text.utf8))
            #expect(tree != nil && problems.isEmpty, "\(text)")
        }
    }

    @Test func deepNesting_whenRead_isRefusedAtTheBound() {
        let fits = String(repeating: "[", count: YAMLTree.deepest) + String(repeating: "]", count: YAMLTree.deepest)
        #expect(read(Array(fits.utf8)).problems.isEmpty)
        let deep = String(repeating: "[", count: 5000)
        #expect(read(Array(deep.utf8)).problems == ["f:1:18: nested more than 16 levels deep"])
    }

    @Test func manyValues_whenRead_areRefusedAtTheBound() {
        let text = "[" + String(repeating: "1,", count: YAMLTree.mostNodes) + "]"
        #expect(read(Array(text.utf8)).problems[0].hasSuffix("more than 200000 values"))
    }

    @Test func scalars_whenRead_keepTheirTextAndQuoting() {
        guard
            case .mapping(let entries) = read(Array("a: 1.50\nb: '1.50'\nc: no\nd: |\n  x\n  y\ne:\n".utf8)).tree?
                .content
        else {
            Issue.record("no mapping")
            return
        }
        #expect(
            entries.map(\.value.content) == [
                .scalar("1.50", quoted: false), .scalar("1.50", quoted: true), .scalar("no", quoted: false),
                .scalar("x\ny\n", quoted: true), .scalar("", quoted: false),
            ])
        #expect(entries[4].value.isEmpty)
    }

    /// Whatever a file is cut to, the reader ends with a tree or a problem, never neither and never both a tree and a
    /// fault.
    @Test func file_cutAtEveryByte_isReadOrRefused() {
        let bytes = Array(Sample.full.utf8)
        for count in 0...bytes.count {
            let (tree, problems) = read(Array(bytes[..<count]))
            #expect(tree != nil || !problems.isEmpty, "cut at \(count)")
            _ = Sample.problems(String(decoding: bytes[..<count], as: UTF8.self))
        }
    }

    /// Mutations of a good file are read or refused; none traps.
    @Test func file_withRandomBytesChanged_isReadOrRefused() {
        var random = SeededRandom.forTest()
        let good = Array(Sample.full.utf8)
        let spice = Array("{}[]:,-?&*!|>'\"%@`#~ \n\t\u{0}aé0".utf8)
        for round in 0..<3000 {
            var bytes = good
            for _ in 0..<(1 + random.next() % 6) {
                bytes[Int(random.next() % UInt64(bytes.count))] = spice[Int(random.next() % UInt64(spice.count))]
            }
            let (tree, problems) = read(bytes)
            #expect(tree != nil || !problems.isEmpty, "seed \(random.seed) round \(round)")
            _ = Sample.problems(String(decoding: bytes, as: UTF8.self))
        }
    }
}
