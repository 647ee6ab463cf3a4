// PeerRole: which process is at the other end, and sets of them.
//
// For: the hello, the "asked by" column of every message, the policy that maps users to roles.
// Refuses: role numbers it does not know.
// Called by: Hello, MessageNumber, ServiceTable, PeerPolicy, the daemons' service tables.

/// A process of Weir, by its number in the hello. Numbers are never reused.
public enum PeerRole: UInt8, CaseIterable, Sendable {
    case gatewayd = 1
    case walletd = 2
    case tokend = 3
    case cronjobd = 4
    case mediad = 5
    case weirctl = 6
}

extension PeerRole: CustomStringConvertible {
    /// The name of the binary, the unit and the user.
    public var description: String {
        switch self {
        case .gatewayd: "gatewayd"
        case .walletd: "walletd"
        case .tokend: "tokend"
        case .cronjobd: "cronjobd"
        case .mediad: "mediad"
        case .weirctl: "weirctl"
        }
    }

    /// The role of that name, or `nil`.
    public init?(name: String) {
        guard let role = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = role
    }
}

/// A set of roles.
public struct PeerRoles: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set with one member.
    public init(_ role: PeerRole) { rawValue = 1 << UInt16(role.rawValue) }

    public static let gatewayd = PeerRoles(.gatewayd)
    public static let walletd = PeerRoles(.walletd)
    public static let tokend = PeerRoles(.tokend)
    public static let cronjobd = PeerRoles(.cronjobd)
    public static let mediad = PeerRoles(.mediad)
    public static let weirctl = PeerRoles(.weirctl)
    /// Every role there is.
    public static let all: PeerRoles = [.gatewayd, .walletd, .tokend, .cronjobd, .mediad, .weirctl]

    /// Whether `role` is a member.
    public func contains(_ role: PeerRole) -> Bool { rawValue & 1 << UInt16(role.rawValue) != 0 }
}
