// RepositoryFile: the text of a file of this repository.
//
// For: tests that hold a page of docs/ against the code.
// Refuses: files that are not there: it traps, because a test that read nothing would pass.
// Called by: LedgerTests.

import Glibc

public enum RepositoryFile {
    /// The text of the file at `path` from the repository's root: `docs/LEDGER.md`.
    public static func text(_ path: String) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        precondition(realpath(#filePath, &buffer) != nil, "the tests run where they were built")
        // …/Tests/Support/RepositoryFile.swift, without three parts.
        var root = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)[...]
        for _ in 0..<3 { root = root[..<(root.lastIndex(of: "/") ?? root.startIndex)] }
        guard let file = fopen(root + "/" + path, "r") else { preconditionFailure("\(path) is there") }
        defer { fclose(file) }
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&part, 1, part.count, file), count > 0 { text += part[..<count] }
        return String(decoding: text, as: UTF8.self)
    }
}
