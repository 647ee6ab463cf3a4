// The manual against the command: every command line it shows is understood, every status and command is in it.

import ArgumentParser
import Glibc
import Testing

@testable import weirctl

@Suite struct ManualTests {
    /// A page of this repository.
    private func page(_ name: String) throws -> [Substring] {
        let root = #filePath.replacing("Tests/weirctlTests/ManualTests.swift", with: "")
        let file = try #require(fopen(root + name, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The words of a shown command line: up to a comment or a remark behind two spaces, quotes taken off.
    private func words(_ line: Substring) -> [String] {
        let command = line.split(separator: " #")[0]
        let end = command.firstRange(of: "  ")?.lowerBound ?? command.endIndex
        return command[..<end].split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap {
            index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }

    @Test(arguments: ["README.md", "docs/OPERATING.md"])
    func shownCommandLinesAreUnderstood(name: String) throws {
        var shown = 0
        var isFenced = false
        for line in try page(name) {
            if line.hasPrefix("```") { isFenced.toggle() }
            guard isFenced || line.hasPrefix("    ") else { continue }
            let text = line.drop { $0 == " " }
            guard text.hasPrefix("weirctl ") || text.hasPrefix(".build/release/weirctl ") else { continue }
            shown += 1
            let arguments = Array(words(text).dropFirst())
            #expect(throws: Never.self, "\(name): \(text)") { try Weirctl.parseAsRoot(arguments) }
        }
        #expect(shown >= 5, "\(name) shows commands")
    }

    @Test func everyStatusIsInTheManual() throws {
        let rows = try page("docs/OPERATING.md")
        for status in CommandStatus.allCases {
            let row = "| \(status.rawValue) | \(status.explanation) |"
            #expect(rows.contains { $0 == row }, "docs/OPERATING.md has \(row)")
        }
    }

    @Test func everyCommandIsInTheReadme() throws {
        let rows = try page("README.md").filter { $0.hasPrefix("| `") }
        for group in Weirctl.configuration.groupedSubcommands {
            for command in group.subcommands {
                let name = command.configuration.commandName ?? ""
                let row = try #require(rows.first { $0.hasPrefix("| `\(name)") }, "README.md lists \(name)")
                for part in command.configuration.subcommands {
                    #expect(row.contains(part._commandName), "README.md lists \(name) \(part._commandName)")
                }
            }
        }
    }
}
