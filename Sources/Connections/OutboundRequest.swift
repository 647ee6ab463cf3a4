// OutboundRequest: a request that was decided and only has to be sent.
//
// For: the line between rules and sockets: whoever sends it looks nothing up and changes nothing.
// Refuses: to print what it carries: paths, fields and bodies may hold secrets.
// Called by: the OAuth flow and request planning make them; token and gateway daemons send them.

/// A request to a provider.
public struct OutboundRequest: Sendable, Equatable {
    /// A header field; the name in lower case. Host, Content-Length and Accept-Encoding are the sender's.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: SecretText

        init(_ name: String, _ value: String) { (self.name, self.value) = (name, SecretText(value)) }
        init(_ name: String, _ value: SecretText) { (self.name, self.value) = (name, value) }
    }

    public let method: RequestMethod
    public let origin: WebOrigin
    /// Path and query as they stand in the request line: printable ASCII without blanks.
    public let target: SecretText
    public let fields: [Field]
    /// `nil` for a request without a body; one whose method takes a body is then sent with Content-Length 0 (RFC 9110 §8.6).
    public let body: SecretText?
    /// Whether somebody else than the operator has a say in where this goes: it must be dialled through the address
    /// guard.
    public let isGuarded: Bool
    /// The port, where the operator's definition says it and nobody else: the guard lets it through beside 443 and 80.
    public let namedPorts: Set<UInt16>
    /// For everything, from the decision to send to the last byte of the answer.
    public let timeout: Duration

    /// What every request says of its sender; some vendors refuse those without it.
    static let userAgent = Field("user-agent", "weir")

    /// The first value of a field.
    public func value(of name: String) -> SecretText? { fields.first { $0.name == name }?.value }
}

extension OutboundRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and origin, never more.
    public var description: String { "\(method.rawValue) \(origin)" }
    /// Method and origin, never more.
    public var debugDescription: String { description }
    /// No children, so that no dump shows them.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
