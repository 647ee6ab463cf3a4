// ToolNameMap: which tool names were changed for one request, and what they were.
//
// For: names an upstream would refuse (longer than 64, other bytes than letters, digits, `_` and `-`), which go out changed and
//   come back as the client wrote them.
// Refuses: nothing; a name that was not changed maps to itself.
// Called by: the request translations (fill), the answer translations (look up).

/// The changed names of one request. Empty for nearly every request.
public struct ToolNameMap: Hashable, Sendable {
    /// Changed names and their originals, both decoded UTF-8. Few: a tool list has some tens of entries.
    private var originals: [[UInt8]: [UInt8]] = [:]

    /// A map that changes nothing.
    public init() {}

    /// Whether no name was changed.
    public var isEmpty: Bool { originals.isEmpty }

    /// Notes that `original` goes out as `changed`.
    mutating func note(_ changed: [UInt8], for original: [UInt8]) { originals[changed] = original }

    /// The name the client knows for one the upstream sent.
    func original(of name: [UInt8]) -> [UInt8] { originals[name] ?? name }
}
