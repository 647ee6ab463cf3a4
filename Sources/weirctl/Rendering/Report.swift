// Report: an answer as columns and rows, which is all a command has to say about its form.
//
// For: one declaration per kind of answer that gives the table, the record, the JSON and the field list in --help.
// Refuses: rows that do not fill the columns.
// Called by: the commands.

import JSON
import Money
import Tenancy

/// One field of an answer. The name is stable: it is the JSON key, and in upper case the table's heading.
struct Column: Hashable, Sendable {
    /// Lower-case words joined by `_`.
    let field: String
    /// Numbers and amounts stand to the right, so that their points line up.
    let isRightAligned: Bool
    /// The least width in a table, for answers whose later rows are not known yet (`watch`, paged history).
    let minimumWidth: Int
    /// Left out of tables, which have no room for everything; records and JSON have it.
    let isDetail: Bool

    static func left(_ field: String, atLeast width: Int = 0) -> Column {
        Column(field: field, isRightAligned: false, minimumWidth: width, isDetail: false)
    }

    static func right(_ field: String, atLeast width: Int = 0) -> Column {
        Column(field: field, isRightAligned: true, minimumWidth: width, isDetail: false)
    }

    static func detail(_ field: String) -> Column {
        Column(field: field, isRightAligned: false, minimumWidth: 0, isDetail: true)
    }

    /// What stands above the column.
    var heading: String { field.replacing("_", with: " ").uppercased() }
}

/// Columns and the rows that were answered.
struct Report {
    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column], rows: [[Cell]] = []) {
        self.columns = columns
        rows.forEach { add($0) }
    }

    mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row fills every column")
        rows.append(row)
    }

    /// The sentence in --help that names the JSON fields.
    static func fields(_ columns: [Column]) -> String {
        "JSON fields: " + columns.map(\.field).joined(separator: ", ") + "."
    }

    /// One JSON object a line, in the order of the columns.
    var jsonLines: String {
        var bytes: [UInt8] = []
        for row in rows {
            JSONWriter.append(to: &bytes) { writer in
                writer.object { object in
                    for (column, cell) in zip(columns, row) { cell.write(column.field, to: &object) }
                }
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Each row as `field  value` lines, rows apart by an empty line: for answers about one thing.
    var records: String {
        let width = columns.map(\.field.count).max() ?? 0
        return rows.map { row in
            zip(columns, row).map { $0.field.padded(to: width) + "  " + $1.plain + "\n" }.joined()
        }.joined(separator: "\n")
    }
}

extension Cell {
    fileprivate func write(_ field: String, to object: inout JSONWriter) {
        switch self {
        case .text(let text): object.member(field, text)
        case .number(let number): object.member(field, number)
        case .money(let amount): object.member(field, amount.description)
        case .instant(let instant): object.member(field, instant.description)
        case .flag(let flag): object.member(field, flag)
        case .texts(let texts): object.member(field, array: { array in texts.forEach { array.string($0) } })
        case .absent: object.member(field, nil as String?)
        }
    }
}

extension String {
    /// With spaces to `width` characters, behind the text or before it.
    func padded(to width: Int, right: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return right ? spaces + self : self + spaces
    }
}
