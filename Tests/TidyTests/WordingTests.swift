// Wording: names that say nothing, reminders left behind, and calls that have no place.

import Testing

@Suite struct WordingTests {
    /// Where things go that have no name.
    static let empty = ["util", "helper", "common", "manager", "misc", "stuff"]

    @Test func filesAndTypes_haveNamesThatSaySomething() {
        var findings = Findings()
        for file in SourceTree.sources + SourceTree.tests {
            let parts = file.path.split { $0 == "/" || $0 == "." || $0 == "+" }.map(String.init)
            for name in parts + Self.types(in: file) {
                let word = Self.empty.first { name.lowercased().contains($0) }
                findings.expect(word == nil, "\(file.path): \(name) is called \(word ?? "")")
            }
        }
        findings.report("names say something")
    }

    @Test func types_areNotNamedLikeTheirModule() {
        var findings = Findings()
        for file in SourceTree.sources where Self.types(in: file).contains(file.module) {
            findings.add("\(file.path): \(file.module).\(file.module) cannot be told from its module")
        }
        findings.report("types are not named like their module")
    }

    static func types(in file: SourceFile) -> [String] {
        let words = file.code.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        return zip(words, words.dropFirst()).compactMap { word, next in
            ["struct", "class", "enum", "protocol", "actor", "typealias"].contains(word)
                && next.first?.isUppercase == true
                ? String(next) : nil
        }
    }

    /// Written apart, so that this file does not contain them.
    static let reminders = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    @Test func files_haveNoReminders() {
        var findings = Findings()
        for file in SourceTree.sources + SourceTree.tests + SourceTree.pages {
            for (index, line) in file.lines.enumerated() {
                for reminder in Self.reminders where Self.contains(reminder, line) {
                    findings.add("\(file.path):\(index + 1): \(reminder)")
                }
            }
        }
        findings.report("what is left to do is done, or the decision not to is written down")
    }

    /// As a word of its own: `mktemp` templates have six X in a row.
    private static func contains(_ reminder: String, _ line: Substring) -> Bool {
        line.ranges(of: reminder).contains { range in
            let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
            let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
            return !before.isLetter && !before.isNumber && !after.isLetter && !after.isNumber
        }
    }

    @Test func sources_handleTheirErrors() {
        var findings = Findings()
        for file in SourceTree.sources {
            for (index, line) in file.codeLines.enumerated() where line.contains("try!") {
                findings.add("\(file.path):\(index + 1)")
            }
        }
        findings.report("no try!: an error is handled, or traps with the sentence that was believed")
    }

    /// Daemons and edges speak through the log; standard output belongs to answers of the command line.
    @Test func daemons_doNotPrint() {
        var findings = Findings()
        for file in SourceTree.sources where file.module != "weirctl" {
            for (index, line) in file.codeLines.enumerated() {
                let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "(" && $0 != "." }
                for word in words where ["print(", "debugPrint(", "NSLog("].contains(where: word.hasPrefix) {
                    findings.add("\(file.path):\(index + 1): \(word)")
                }
            }
        }
        findings.report("daemons log")
    }
}
