// Findings: what a rule found, as one readable list.

import Testing

/// Collects the places where a rule does not hold.
struct Findings {
    private var found: [String] = []

    /// Notes `text` unless `holds`.
    mutating func expect(_ holds: Bool, _ text: @autoclosure () -> String) {
        if !holds { found.append(text()) }
    }

    /// Notes `text`.
    mutating func add(_ text: String) { found.append(text) }

    /// Fails the test with everything found, one a line.
    func report(_ rule: String, sourceLocation: SourceLocation = #_sourceLocation) {
        guard !found.isEmpty else { return }
        let list = found.map { "  \($0)" }.joined(separator: "\n")
        Issue.record("\(rule): \(found.count) found\n\(list)", sourceLocation: sourceLocation)
    }
}
