// Headers and doc comments: each file says what it is for, each promise of a module is written down.

import Testing

@Suite struct HeaderTests {
    /// The comment lines at the head of a file.
    static func header(of file: SourceFile) -> [Substring] { Array(file.lines.prefix { $0.hasPrefix("//") }) }

    @Test func sources_openWithWhatTheyAreForAndWhoCallsThem() {
        var findings = Findings()
        for file in SourceTree.sources {
            let header = Self.header(of: file)
            findings.expect((header.first?.count ?? 0) > 10, "\(file.path) opens with `// Name: what it is`")
            findings.expect(header.contains { $0.hasPrefix("// Called by:") }, "\(file.path) says who calls it")
        }
        findings.report("sources open with a small manual page")
    }

    @Test func tests_openWithAComment() {
        var findings = Findings()
        for file in SourceTree.tests {
            findings.expect(Self.header(of: file).first?.hasPrefix("// ") == true, "\(file.path)")
        }
        findings.report("test files open with what they test")
    }

    /// Names that mean the same everywhere; the protocol they come from documents them.
    static let witnesses: Set<String> = [
        "description", "debugDescription", "hash", "==", "<", "rawValue", "init", "makeIterator", "next", "allCases",
        "Element", "Failure", "makeAsyncIterator",
    ]

    /// Types and functions say what they mean. A stored property or a function of one line may let its name speak; a
    /// group of functions may be spoken for by the comment of its extension.
    @Test func publicDeclarations_areDocumented() {
        let files = SourceTree.sources.filter { SourceTree.cores.contains($0.module) || $0.module == "IPC" }
        let witnesses = files.reduce(into: Self.witnesses) { $0.formUnion(Self.requirements(in: $1)) }
        var findings = Findings()
        for file in files {
            var group = false
            for (index, code) in file.codeLines.enumerated() {
                if code.hasPrefix("extension") || code.hasPrefix("public extension") {
                    group = isDocumented(file.lines, index)
                }
                if code == "}" { group = false }
                guard let name = Self.publicName(code), !witnesses.contains(name), !Self.speaksForItself(code) else {
                    continue
                }
                findings.expect(group || isDocumented(file.lines, index), "\(file.path):\(index + 1): \(name)")
            }
        }
        findings.report("public types and functions of cores and IPC have doc comments")
    }

    /// A stored property, or a function or computed property that ends on the line it begins.
    private static func speaksForItself(_ line: Substring) -> Bool {
        let isProperty = line.contains(" let ") || line.contains(" var ")
        return isProperty && !line.hasSuffix("{") || line.hasSuffix("}") && (isProperty || line.contains(" func "))
    }

    /// The names that the protocols of a file require: documented there, not again at every conforming type.
    static func requirements(in file: SourceFile) -> Set<String> {
        var names: Set<String> = []
        var depth = 0
        for line in file.codeLines {
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            let kinds: Set<Substring> = ["func", "var", "associatedtype"]
            if depth > 0, let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.count {
                names.insert(String(words[kind + 1]))
            }
            if depth > 0 || words.contains("protocol") {
                depth += line.count { $0 == "{" } - line.count { $0 == "}" }
            }
        }
        return names
    }

    /// The name that a line declares publicly.
    static func publicName(_ line: Substring) -> String? {
        let words = line.split { " (:<{?".contains($0) }
        guard words.first == "public" || words.dropFirst().first == "public" else { return nil }
        let kinds = [
            "struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "subscript", "init", "actor",
        ]
        guard let position = words.firstIndex(where: { kinds.contains(String($0)) }) else { return nil }
        if words[position] == "init" || words[position] == "subscript" { return String(words[position]) }
        if words[position] == "func", line.contains("func <") { return "<" }
        return position + 1 < words.count ? String(words[position + 1]) : nil
    }

    /// A doc comment stands above the declaration, with only attributes between.
    private func isDocumented(_ lines: [Substring], _ index: Int) -> Bool {
        let above = lines[..<index].last { !$0.drop { $0 == " " }.hasPrefix("@") } ?? ""
        return above.drop { $0 == " " }.hasPrefix("///")
    }
}
