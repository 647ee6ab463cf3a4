// FlowState: what ties a callback to the flow that began in a browser (RFC 6749 §10.12).
//
// For: a random value that goes out and comes back, of which only a digest is kept; why a callback belongs to no flow.
// Refuses: values that have not the form of one.
// Called by: tokend, which keeps the flows and ends each of them once.

/// The value that goes out with a user's browser and comes back with it.
public struct FlowState: Sendable, Equatable {
    /// 43 characters for a URL.
    public let secret: SecretText

    /// The bytes that a state is made from: 256 bits cannot be guessed.
    public static let randomBytes = 32
    static let length = 43

    /// A state from 32 bytes of a secure source.
    public init(random bytes: [UInt8]) {
        precondition(bytes.count == Self.randomBytes, "a state is made from 32 random bytes")
        secret = SecretText(Base64Text.forURL(bytes))
    }

    /// A state that came back; `nil` unless it has the form of one.
    public init?(_ text: String) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy(ByteGrammar.isUnreserved) else { return nil }
        secret = SecretText(text)
    }

    /// What is kept of it: whoever reads the memory or a dump of it cannot finish a flow.
    public func digest(_ sha256: SHA256Function) -> [UInt8] { sha256(secret.bytes) }
}

/// Why a callback belongs to no flow. In order of precedence.
public enum FlowRefusal: String, Error, Hashable, Sendable, CaseIterable {
    /// No state, an unknown one, or one that was used.
    case unknownState = "the link is unknown or was used before; begin again"
    /// The flow took longer than it may.
    case expired = "this took too long; begin again"
    /// Another session began it.
    case otherSession = "this was begun in another session; begin again"
}
