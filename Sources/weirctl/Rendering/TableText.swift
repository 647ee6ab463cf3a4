// TableText: rows under their headings, columns lined up.
//
// For: lists on a terminal, also those that come page by page.
// Refuses: nothing. What does not fit the terminal wraps there; nothing is cut, because an operator copies from it.
// Called by: Printer.

/// Prints the rows of one list. Widths only ever grow, so that later pages line up with earlier ones as far as
/// possible.
struct TableText {
    private let columns: [Column]
    /// Which cells of a row are shown.
    private let shown: [Int]
    private var widths: [Int]
    private var hasHeading = false

    init(_ columns: [Column]) {
        shown = columns.indices.filter { !columns[$0].isDetail }
        self.columns = columns.filter { !$0.isDetail }
        widths = self.columns.map { max($0.minimumWidth, $0.heading.count) }
    }

    /// The lines of `rows`, under the headings if these are the first.
    mutating func lines(_ rows: [[Cell]]) -> String {
        let texts = rows.map { row in shown.map { row[$0].plain } }
        for row in texts { for index in row.indices { widths[index] = max(widths[index], row[index].count) } }
        let heading = hasHeading ? [] : [columns.map(\.heading)]
        hasHeading = true
        return (heading + texts).map { line($0) + "\n" }.joined()
    }

    /// Two spaces between columns, none at the end of the line.
    private func line(_ texts: [String]) -> String {
        let padded = texts.indices.map { texts[$0].padded(to: widths[$0], right: columns[$0].isRightAligned) }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
