// JSONFault: why a text is not JSON, and where.
//
// For: answers to clients (offset of the fault) and the decision whether bytes can be metered.
// Refuses: nothing itself; the list is closed.
// Called by: JSONScanner and everything that reads with it.

/// What is wrong with a JSON text (RFC 8259) and at which byte.
@frozen
public struct JSONFault: Error, Hashable, Sendable {
    /// The closed list of faults.
    @frozen
    public enum Reason: UInt8, CaseIterable, Sendable {
        /// The text ends inside a value.
        case endOfInput
        /// A byte that cannot stand here.
        case unexpectedByte
        /// A value of another kind than the caller asked for.
        case otherKind
        /// A backslash followed by something that is no escape.
        case badEscape
        /// An unescaped control character (below 0x20) inside a string.
        case controlCharacter
        /// A number that breaks the grammar, such as `01` or `1.`.
        case badNumber
        /// Containers nested deeper than `JSONScanner.deepest`.
        case tooDeep
        /// Bytes after the value that are not white space.
        case trailingBytes
    }

    /// What is wrong.
    public let reason: Reason
    /// Offset of the offending byte from the start of the text; the length of the text when it ended too early.
    public let offset: Int

    @inlinable
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONFault: CustomStringConvertible {
    /// A sentence for people, such as `unexpected byte at offset 17`.
    public var description: String { "\(reason.phrase) at offset \(offset)" }
}

extension JSONFault.Reason {
    fileprivate var phrase: String {
        switch self {
        case .endOfInput: "the text ends too early"
        case .unexpectedByte: "unexpected byte"
        case .otherKind: "value of another type than expected"
        case .badEscape: "invalid escape in a string"
        case .controlCharacter: "unescaped control character in a string"
        case .badNumber: "invalid number"
        case .tooDeep: "nested too deeply"
        case .trailingBytes: "bytes after the end of the value"
        }
    }
}
