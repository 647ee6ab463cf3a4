// Documents: links lead somewhere, and decisions follow their form.

import Foundation
import Testing

@Suite struct DocumentTests {
    @Test func links_resolve() {
        var findings = Findings()
        for page in SourceTree.pages {
            for link in Self.links(in: page.text) where !link.contains("://") && !link.hasPrefix("mailto:") {
                findings.expect(Self.resolves(link, from: page), "\(page.path) links to \(link)")
            }
        }
        findings.report("links resolve")
    }

    private static func resolves(_ link: String, from page: SourceFile) -> Bool {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let own = SourceTree.root.appendingPathComponent(page.path)
        let target = parts[0].isEmpty ? own : own.deletingLastPathComponent().appendingPathComponent(String(parts[0]))
        guard FileManager.default.fileExists(atPath: target.path) else { return false }
        guard parts.count == 2, let text = try? String(contentsOf: target, encoding: .utf8) else { return true }
        return anchors(in: text).contains(String(parts[1]))
    }

    @Test func pages_openWithTheirTitle() {
        var findings = Findings()
        for page in SourceTree.pages {
            findings.expect(page.lines.first { !$0.isEmpty }?.hasPrefix("# ") == true, page.path)
        }
        findings.report("pages open with their title")
    }

    /// Paths in backquotes that look like files of this repository exist.
    @Test func filesThatPagesName_exist() {
        var findings = Findings()
        for page in SourceTree.pages {
            let quoted = page.text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            for (_, text) in quoted where text.allSatisfy({ $0.isLetter || $0.isNumber || "/._-+".contains($0) }) {
                guard ["Sources/", "Tests/", "docs/", "deploy/", "Benchmarks/"].contains(where: text.hasPrefix) else {
                    continue
                }
                let path = SourceTree.root.appendingPathComponent(String(text)).path
                findings.expect(FileManager.default.fileExists(atPath: path), "\(page.path) names \(text)")
            }
        }
        findings.report("files that pages name exist")
    }

    @Test func decisions_haveTheirNumberAndParts() {
        let parts = ["## Context", "## Choice", "## Price", "## What would overturn it"]
        var findings = Findings()
        for page in SourceTree.pages where page.path.hasPrefix("docs/decisions/") {
            findings.expect(page.lines[0].hasPrefix("# \(page.name.prefix(4)) "), "\(page.path) carries its number")
            for part in parts { findings.expect(page.lines.contains { $0 == part }, "\(page.path) has \"\(part)\"") }
        }
        findings.report("decisions say context, choice, price and what would overturn them")
    }

    /// Targets of `[text](target)`, code blocks aside.
    static func links(in text: String) -> [String] {
        var links: [String] = []
        var isCode = false
        for line in text.split(separator: "\n") {
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isCode.toggle() }
            guard !isCode else { continue }
            for part in line.ranges(of: "](") {
                let rest = line[part.upperBound...]
                guard let end = rest.firstIndex(of: ")") else { continue }
                links.append(String(rest[..<end]))
            }
        }
        return links
    }

    /// Headings as GitHub makes anchors of them: lower case, spaces to hyphens, punctuation dropped.
    static func anchors(in text: String) -> Set<String> {
        let headings = text.split(separator: "\n").filter { $0.hasPrefix("#") }
        return Set(
            headings.map { heading in
                let title = heading.drop { $0 == "#" || $0 == " " }.lowercased()
                return String(
                    title.compactMap { letter -> Character? in
                        if letter == " " { return "-" }
                        return letter.isLetter || letter.isNumber || letter == "-" || letter == "_" ? letter : nil
                    })
            })
    }
}
