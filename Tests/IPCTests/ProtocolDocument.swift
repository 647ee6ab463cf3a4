// ProtocolDocument: docs/PROTOCOL.md as tables and vectors.
//
// For: the tests that hold the code to the document. It knows Markdown tables and fenced vectors, nothing of the code.

import Glibc

/// A parsed docs/PROTOCOL.md.
struct ProtocolDocument {
    /// The rows of each table by the headings they stand under, the innermost first, cells trimmed of spaces and back
    /// quotes.
    struct Table {
        let section: String
        let label: String
        let head: [String]
        let rows: [[String]]
    }

    /// One fenced vector: its name and its lines.
    struct Vector {
        let name: String
        let lines: [(field: String, value: String, bytes: [UInt8])]
        var bytes: [UInt8] { lines.flatMap(\.bytes) }
    }

    let text: String
    private(set) var tables: [Table] = []
    private(set) var vectors: [Vector] = []

    /// The document of this checkout.
    static let shared = ProtocolDocument(readFile("docs/PROTOCOL.md"))

    init(_ text: String) {
        self.text = text
        var parser = Parser()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { parser.take(String(line)) }
        parser.take("")
        (tables, vectors) = (parser.tables, parser.vectors)
    }

    /// The one table of a section, or the one that stands under a label such as "Request:".
    func table(_ section: String, label: String? = nil) -> Table? {
        tables.first { $0.section == section && (label == nil || $0.label == label) }
    }

    /// The table whose first columns are `head`.
    func table(head: [String]) -> Table? { tables.first { $0.head.starts(with: head) } }

    private static func readFile(_ path: String, from here: String = #filePath) -> String {
        let root = here.split(separator: "/").dropLast(3).joined(separator: "/")
        guard let file = fopen("/" + root + "/" + path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private struct Parser {
    var tables: [ProtocolDocument.Table] = []
    var vectors: [ProtocolDocument.Vector] = []
    private var section = ""
    private var label = ""
    private var rows: [[String]] = []
    private var fence: [String]?

    mutating func take(_ line: String) {
        if line == "```vector" {
            fence = []
        } else if line == "```", let lines = fence {
            vectors.append(Self.vector(lines))
            fence = nil
        } else if fence != nil {
            fence?.append(line)
        } else if line.hasPrefix("|") {
            rows.append(Self.cells(line))
        } else {
            endTable()
            if line.hasPrefix("#") { section = String(line.drop { $0 == "#" || $0 == " " }) }
            if !line.isEmpty { label = line }
        }
    }

    private mutating func endTable() {
        if rows.count > 2 {
            tables.append(.init(section: section, label: label, head: rows[0], rows: Array(rows.dropFirst(2))))
        }
        rows = []
    }

    private static func cells(_ line: String) -> [String] {
        line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map { cell in
            String(cell.trimming { $0 == " " || $0 == "`" })
        }
    }

    private static func vector(_ lines: [String]) -> ProtocolDocument.Vector {
        let fields = lines.dropFirst().map { line in
            let colon = line.lastIndex(of: ":") ?? line.endIndex
            let left = line[..<colon].trimming { $0 == " " }
            let equals = left.firstRange(of: " = ")
            let field = equals.map { left[..<$0.lowerBound] } ?? left
            let value = equals.map { left[$0.upperBound...] } ?? ""
            let digits = line[colon...].dropFirst().filter { $0 != " " }
            return (String(field), String(value), hexBytes(String(digits)))
        }
        return .init(name: lines.first ?? "", lines: Array(fields))
    }
}

/// The bytes that hexadecimal digits stand for.
func hexBytes(_ digits: String) -> [UInt8] {
    let digits = Array(digits.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map { index in
        UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) ?? 0
    }
}

extension StringProtocol {
    func trimming(_ isTrimmed: (Character) -> Bool) -> SubSequence {
        var part = self[...]
        while let first = part.first, isTrimmed(first) { part = part.dropFirst() }
        while let last = part.last, isTrimmed(last) { part = part.dropLast() }
        return part
    }
}
