// ConfigProblem: what is wrong with a configuration file, where, and why.
//
// For: reporting every mistake of a file at once, in the `file:line:column:` form that editors and terminals can jump
// to.
// Refuses: to report the same place twice. The first reason given for a place stands; what follows from it is noise.
// Called by: YAMLTree (syntax), ConfigReader (schema), the daemons' Configuration.swift (relations between settings).

/// A position in a configuration file, counted from 1 as editors do.
public struct ConfigPlace: Hashable, Comparable, Sendable {
    /// Line, from 1.
    public let line: Int
    /// Column in characters, from 1.
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The first character of a file: where something that is missing altogether is reported.
    public static let top = ConfigPlace(line: 1, column: 1)

    public static func < (left: ConfigPlace, right: ConfigPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One mistake in a configuration file.
public struct ConfigProblem: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named on the command line; empty when the problem is in none.
    public let file: String
    /// Where in the file.
    public let place: ConfigPlace
    /// The key path, such as `models.claude-haiku.hosts[0].price.input`; empty when the file as a whole is meant.
    public let path: String
    /// What is wrong and what would be right.
    public let reason: String

    /// `weir.yaml:12:3: gatewayd.threads: expected a whole number from 1 to 64, found "many"`
    public var description: String {
        let text = path.isEmpty ? reason : "\(path): \(reason)"
        return PrintableText.of(file.isEmpty ? text : "\(file):\(place.line):\(place.column): \(text)")
    }
}

/// Collects the problems of one file.
public struct ConfigReport: Sendable {
    /// The file that is being read.
    public let file: String
    private var found: [ConfigProblem] = []

    public init(file: String) { self.file = file }

    /// Every problem so far, in the order of their places.
    public var problems: [ConfigProblem] { found.sorted { ($0.place, $0.path) < ($1.place, $1.path) } }

    /// Whether nothing is wrong so far.
    public var isClean: Bool { found.isEmpty }

    /// Notes that the value at `place`, named `path`, is wrong because of `reason`. A second problem for the same key
    /// path at the same place is left out: it follows from the first.
    public mutating func add(_ place: ConfigPlace, _ path: String, _ reason: String) {
        if found.contains(where: { $0.place == place && $0.path == path }) { return }
        found.append(ConfigProblem(file: file, place: place, path: path, reason: reason))
    }
}

/// Why one scalar is not acceptable: what a `ScalarKind` throws.
public struct ConfigReason: Error, Hashable, Sendable {
    /// The sentence an operator reads after the key path.
    public let text: String

    public init(_ text: String) { self.text = text }
}
