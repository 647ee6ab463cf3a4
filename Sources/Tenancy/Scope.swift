// Scope: what a key may do.
//
// For: authorization of a key against the route table.
// Refuses: scope names it does not know.
// Called by: gatewayd (route table, key creation), IPC (as a number), weirctl (as names).

/// A set of permissions carried by an API key. Numbers are stored and on the wire: never reused.
public struct Scope: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Call models: messages, chat completions; list models.
    public static let inference = Scope(rawValue: 1 << 0)
    /// Read usage, balance and the tenant's own keys.
    public static let account = Scope(rawValue: 1 << 1)
    /// Create, change and revoke the tenant's keys.
    public static let keys = Scope(rawValue: 1 << 2)

    /// Call providers' APIs with the tenant's connected accounts.
    public static let agent = Scope(rawValue: 1 << 3)
    /// Connect, list, test and remove the tenant's accounts at providers.
    public static let connections = Scope(rawValue: 1 << 4)

    /// What a key may do when nobody says otherwise: call models and read its account.
    public static let standard: Scope = [.inference, .account]
    /// Everything a tenant's key can be allowed.
    public static let all: Scope = [.inference, .account, .keys, .agent, .connections]

    /// Every scope with its name, in the order they are printed.
    public static let names: [(name: String, scope: Scope)] = [
        ("inference", .inference), ("account", .account), ("keys", .keys), ("agent", .agent),
        ("connections", .connections),
    ]

    /// Reads comma-separated names such as `inference,account`; `nil` when empty or one is unknown.
    public init?(list: String) {
        var scope: Scope = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let known = Self.names.first(where: { $0.name == name }) else { return nil }
            scope.formUnion(known.scope)
        }
        self = scope
    }
}

extension Scope: CustomStringConvertible {
    /// Comma-separated names in fixed order.
    public var description: String {
        Self.names.filter { contains($0.scope) }.map(\.name).joined(separator: ",")
    }
}
