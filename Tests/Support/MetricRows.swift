// MetricRows: the tables of docs/METRICS.md, and a declaration as a row of them.
//
// For: the tests that hold that page to the declarations of each daemon.
// Refuses: nothing.
// Called by: gatewaydTests, walletdTests.

public import Metrics

public enum MetricRows {
    /// The rows of the table under the heading `## section`.
    public static func of(_ section: String) -> [String] {
        let lines = RepositoryFile.text("docs/METRICS.md").split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0 == "## \(section)" }) else { return [] }
        let own = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        return own.filter { $0.hasPrefix("| `") }.map(String.init)
    }

    /// The row of `family`: name, kind, labels, meaning.
    public static func row(_ family: MetricFamily) -> String {
        let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(family.name)` | \(family.kind.name) | \(labels.isEmpty ? "–" : labels) | \(family.meaning) |"
    }
}
