// SecretText: a token, key, password or code on its way through the rules.
//
// For: requests that carry credentials and answers that bring them.
// Refuses: to appear in descriptions, dumps, logs and test failures.
// Called by: whoever releases, sends or receives a credential. Wiping memory is the vault's business, not a value's.

/// Bytes that do not print.
public struct SecretText: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself.
    public let bytes: [UInt8]

    /// The longest secret that is sent or taken: cloud vendors' tokens have up to about 4,000 characters.
    public static let longest = 16_384

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { bytes = Array(text.utf8) }

    /// Whether it may stand in a header field and in a form: 1 to `longest` printable ASCII characters, none a blank
    /// at an end.
    public var isSendable: Bool {
        (1...Self.longest).contains(bytes.count) && bytes.allSatisfy(ByteGrammar.isPrintable)
            && bytes.first != 0x20 && bytes.last != 0x20
    }

    /// Never the secret.
    public var description: String { "(secret)" }
    /// Never the secret.
    public var debugDescription: String { "(secret)" }
    /// Never the secret: `dump` and test failure messages look here.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretText: Equatable {
    /// Compares in a time that depends on the lengths alone.
    public static func == (left: SecretText, right: SecretText) -> Bool {
        guard left.bytes.count == right.bytes.count else { return false }
        return zip(left.bytes, right.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
