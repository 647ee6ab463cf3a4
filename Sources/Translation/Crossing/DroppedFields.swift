// DroppedFields: the names of what a translated request had to leave out.
//
// For: the answer's header `x-weir-dropped`, so that a loss is seen by who suffers it.
// Refuses: growth: names beyond `most` are counted as one word. Values never stand in it, only names.
// Called by: the request translations; gatewayd writes the header and adds the names of headers it left out.

import JSON

/// Names of fields in the order in which they were met, each once.
public struct DroppedFields: Hashable, Sendable {
    /// More different fields than any client sends; a request with more is somebody trying.
    static let most = 24
    /// Longer than any field's name in either API.
    static let longestName = 48

    private var names: [String] = []

    /// Nothing was left out.
    public init() {}

    /// Whether nothing was left out.
    public var isEmpty: Bool { names.isEmpty }

    /// The names, separated by commas: at most 1,300 bytes of token-safe text.
    public var headerValue: String { names.joined(separator: ", ") }

    /// Adds a name: a field's path without indices, or a header.
    public mutating func note(_ name: String) {
        let safe = String(decoding: name.utf8.prefix(Self.longestName).map(Self.tokenSafe), as: UTF8.self)
        guard !safe.isEmpty, !names.contains(safe), names.last != Self.andMore else { return }
        names.append(names.count < Self.most ? safe : Self.andMore)
    }

    /// Adds the names of another list, such as those of an answer to those of its request.
    public mutating func note(_ others: DroppedFields) {
        for name in others.names { note(name) }
    }

    private static let andMore = "and-more"

    /// Letters, digits, `-`, `_` and `.`; anything else becomes `_` (RFC 9110 tokens, and no comma).
    private static func tokenSafe(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            byte
        default: UInt8(ascii: "_")
        }
    }
}

extension DroppedFields {
    /// Adds what a client named itself, below `parent`.
    mutating func note(_ parent: String, _ key: JSONText) {
        var spelling = Array(key.spelling.prefix(Self.longestName))
        if spelling.isEmpty { spelling = [UInt8(ascii: "_")] }
        note((parent.isEmpty ? "" : parent + ".") + String(decoding: spelling, as: UTF8.self))
    }
}
