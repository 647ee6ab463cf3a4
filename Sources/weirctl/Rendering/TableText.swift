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
    /// The most decimals of the amounts in each column, so that their points stand below each other.
    private var decimals: [Int]
    private var hasHeading = false

    init(_ columns: [Column]) {
        shown = columns.indices.filter { !columns[$0].isDetail }
        self.columns = columns.filter { !$0.isDetail }
        widths = self.columns.map { max($0.minimumWidth, $0.heading.count) }
        decimals = self.columns.map { _ in 0 }
    }

    /// The lines of `rows`, under the headings if these are the first.
    mutating func lines(_ rows: [[Cell]]) -> String {
        let cells = rows.map { row in shown.map { row[$0] } }
        for row in cells { for index in row.indices { decimals[index] = max(decimals[index], row[index].decimals) } }
        let texts = cells.map { row in row.indices.map { text(row[$0], decimals: decimals[$0]) } }
        for row in texts { for index in row.indices { widths[index] = max(widths[index], row[index].count) } }
        let heading = hasHeading ? [] : [columns.map(\.heading)]
        hasHeading = true
        return (heading + texts).map { line($0) + "\n" }.joined()
    }

    /// An amount with as much room behind it as its column's longest fraction takes; anything else as it is.
    private func text(_ cell: Cell, decimals: Int) -> String {
        guard case .money = cell else { return cell.plain }
        return cell.plain + String(repeating: " ", count: decimals - cell.decimals)
    }

    /// Two spaces between columns, none at the end of the line.
    private func line(_ texts: [String]) -> String {
        let padded = texts.indices.map { texts[$0].padded(to: widths[$0], right: columns[$0].isRightAligned) }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
