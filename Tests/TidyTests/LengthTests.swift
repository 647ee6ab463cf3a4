// Lengths: a ratchet, not a wall. Small functions stay small; the few long ones are listed and may only shrink.

import Testing

@Suite struct LengthTests {
    /// Lines of a function, from its first keyword to its closing brace.
    static let functionMost = 40
    /// Lines of a file.
    static let fileMost = 400

    @Test func functions_areShortOrListed() {
        var findings = Findings()
        for file in SourceTree.sources {
            for function in CodeText.functions(in: file.code) where function.lineCount > Self.functionMost {
                let limit = LongFunctions.listed["\(file.path) \(function.name)"] ?? Self.functionMost
                findings.expect(
                    function.lineCount <= limit,
                    "\(file.path):\(function.line): \(function.name) has \(function.lineCount) lines")
            }
        }
        findings.report("functions have at most \(Self.functionMost) lines, or are listed in LongFunctions.swift")
    }

    @Test func listedFunction_thatHasShrunk_isListedAsShort() {
        var longest: [String: Int] = [:]
        for file in SourceTree.sources {
            for function in CodeText.functions(in: file.code) {
                longest["\(file.path) \(function.name)", default: 0] = max(
                    longest["\(file.path) \(function.name)"] ?? 0, function.lineCount)
            }
        }
        for (name, lines) in LongFunctions.listed {
            let now = longest[name] ?? 0
            #expect(
                now == lines,
                "LongFunctions.swift: \(name) has \(now) lines; write that, or take the line out below \(Self.functionMost)"
            )
            #expect(lines > Self.functionMost, "LongFunctions.swift: \(name) need not be listed")
        }
    }

    @Test func files_areOfReadableLength() {
        var findings = Findings()
        for file in SourceTree.sources {
            findings.expect(file.lines.count <= Self.fileMost, "\(file.path) has \(file.lines.count) lines")
        }
        findings.report("files have at most \(Self.fileMost) lines")
    }

    /// The shape of the tree as a whole: the medians of the anchors we learn from.
    @Test func tree_hasTheShapeWeAimAt() throws {
        let files = SourceTree.sources.map(\.lines.count).sorted()
        let functions = SourceTree.sources.flatMap { CodeText.functions(in: $0.code).map(\.lineCount) }.sorted()
        #expect(files[files.count / 2] <= 130)
        #expect(functions[functions.count / 2] <= 10)
        #expect(functions[functions.count * 95 / 100] <= 35)
    }

    /// The measure itself.
    @Test func functions_ofASample_areFoundWithTheirLengths() {
        let code = CodeText.blanked(
            """
            protocol P { func none(); init(x: Int) }
            struct S {
                init() { self.init(x: 1) }
                func a(_ body: () -> Void = { }) {
                    // func comment() {
                    let text = "func string() { \\(x.map { "}" })"
                    func nested() {
                    }
                }
                subscript(_ i: Int) -> Int {
                    i
                }
                func multi(
                    x: Int
                ) throws -> [Int]
                where T: Q {
                    []
                }
            }
            """)
        let found = CodeText.functions(in: code).map { "\($0.name) \($0.line) \($0.lineCount)" }
        #expect(found == ["init 3 1", "a 4 6", "nested 7 2", "subscript 10 3", "multi 13 6"])
    }

    @Test(arguments: [
        ("a // b", "a     "), ("a /* b /* c */ d */ e", "a                   e"), ("\"b\"", "\" \""),
        ("\"\\\"b\" c", "\"   \" c"),
        ("#\"b\\\"#", "#\"  \"#"), ("\"\"\"\n\"b\"\n\"\"\"", "\"\"\"\n   \n\"\"\""), ("\"\\(a(b))c\"", "\"  a(b)) \""),
        ("\"http://x\" y", "\"        \" y"),
    ])
    func code_isToldFromCommentsAndStrings(text: String, code: String) {
        #expect(CodeText.blanked(text) == code)
    }
}
