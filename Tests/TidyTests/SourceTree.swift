// SourceTree: the repository as the tidy tests read it.
//
// For: finding every file once, and telling code from comments and string literals.
// Refuses: to run on an empty tree: a test that looked at nothing would pass.

import Foundation

/// A text file of the repository.
struct SourceFile: Sendable {
    /// From the repository's root: `Sources/Money/Micros.swift`.
    let path: String
    let text: String
    /// The text with comments and the contents of string literals replaced by spaces; lines stay where they are.
    let code: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var codeLines: [Substring] { code.split(separator: "\n", omittingEmptySubsequences: false) }
    var name: String { String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]) }
    /// The module of a file under Sources.
    var module: String { String(path.split(separator: "/")[1]) }
}

enum SourceTree {
    /// The repository's root, from this file's place in it.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let cores = [
        "Money", "Tenancy", "JSON", "Metrics", "Ledger", "Routing", "Translation", "Refresh", "Connections",
        "AgentTools", "OAuthServer",
    ]

    /// Folders of edges that hold rules, and are held to what cores are held to.
    static let ruleFolders = ["Sources/HTTP/Guard/Rules/"]

    /// The cores and the folders with rules.
    static var rules: [SourceFile] {
        sources.filter { file in cores.contains(file.module) || ruleFolders.contains(where: file.path.hasPrefix) }
    }

    static let sources = swiftFiles(in: "Sources")
    static let tests = swiftFiles(in: "Tests")

    /// Every Markdown page: those at the root and those under docs.
    static let pages: [SourceFile] = {
        let atRoot = names(in: "").filter { $0.hasSuffix(".md") && !$0.contains("/") }
        return (atRoot + names(in: "docs").filter { $0.hasSuffix(".md") }).map { read($0, isCode: false) }
    }()

    static let modules = Set(sources.map(\.module)).sorted()

    private static func swiftFiles(in folder: String) -> [SourceFile] {
        let files = names(in: folder).filter { $0.hasSuffix(".swift") }.map { read($0, isCode: true) }
        precondition(!files.isEmpty, "\(folder) holds Swift files")
        return files
    }

    private static func read(_ path: String, isCode: Bool) -> SourceFile {
        guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) else {
            preconditionFailure("\(path) is readable UTF-8")
        }
        return SourceFile(path: path, text: text, code: isCode ? CodeText.blanked(text) : text)
    }

    /// Paths below `folder`, sorted, without hidden folders and build products.
    private static func names(in folder: String) -> [String] {
        let base = folder.isEmpty ? root : root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
        var found: [String] = []
        while let path = walk.nextObject() as? String {
            let last = path.split(separator: "/").last ?? ""
            if last.hasPrefix(".") || last == "node_modules" || (folder.isEmpty && path.contains("/")) {
                walk.skipDescendants()
            } else {
                found.append(folder.isEmpty ? path : "\(folder)/\(path)")
            }
        }
        return found.sorted()
    }
}
