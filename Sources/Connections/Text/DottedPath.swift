// DottedPath: where in a JSON value something is, such as `authed_user.access_token`.
//
// For: fields that agents ask for, members of token answers, what is kept of an account.
// Refuses: empty names, paths beyond the bounds. A name with a dot in it cannot be said.
// Called by: FieldProjection, TokenAnswer, AccountField.

public import JSON

/// Names of members, from the outermost in.
public struct DottedPath: Hashable, Sendable, CustomStringConvertible {
    /// At least one; none is empty.
    public let names: [String]

    /// The longest path in bytes.
    public static let longest = 256
    /// The most names of a path.
    public static let deepest = 16

    /// Reads `a.b.c`.
    public init(_ text: String) throws(GrammarFault) {
        guard (1...Self.longest).contains(text.utf8.count) else {
            throw GrammarFault("expected 1 to \(Self.longest) bytes such as user.name")
        }
        let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !names.contains("") else { throw GrammarFault("an empty name; write names with single dots between") }
        guard names.count <= Self.deepest else { throw GrammarFault("more than \(Self.deepest) names") }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw GrammarFault("control characters are not allowed")
        }
        self.names = names
    }

    public var description: String { names.joined(separator: ".") }

    /// What is there in `value`; `nil` when a member on the way is missing or no object.
    public func value(in value: JSONValue) -> JSONValue? {
        names.reduce(Optional(value)) { value, name in value?[name] }
    }
}
