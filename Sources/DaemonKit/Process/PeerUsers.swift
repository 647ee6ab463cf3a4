// PeerUsers: which Unix users may act as which daemon.
//
// For: the identity behind SO_PEERCRED. The kernel says who is calling; this section says what that user may claim to
// be.
// Refuses: role names that the daemon does not know, and users that the system does not know.
// Called by: gatewayd and walletd, which hand the result to IPC.

import Glibc

/// The `peers:` section of the configuration file.
public struct PeerUsers: Sendable {
    /// The users of each role that was configured. A role that was not is reserved to this daemon's own user.
    public let users: [String: Set<UInt32>]

    /// The declaration for the file's layout; `roles` are the names that may be configured.
    public static func setting(roles: [String]) -> Setting<[ConfigNamed<[UInt32]>]> {
        Setting(
            listMap: "peers", keys: .word(roles.map { ($0, $0) }), of: .systemUser, count: 0...roles.count,
            """
            Which Unix users may act as which daemon on the sockets between daemons: role to user name or number, or a list of them. \
            A role that is left out belongs to the user the daemon runs as.
            """)
    }

    /// From the values of `setting(roles:)`.
    public init(_ entries: [ConfigNamed<[UInt32]>]) {
        users = Dictionary(entries.map { ($0.name, Set($0.value)) }) { first, _ in first }
    }

    /// The users that may act as `role`.
    public func users(of role: String) -> Set<UInt32> { users[role] ?? [geteuid()] }
}

extension ScalarKind where Value == UInt32 {
    /// A user by name, or by number. Printed as a number: names may change between printing and reading, files belong
    /// to numbers.
    public static let systemUser = ScalarKind(
        "user name or number", example: 0,
        parse: { scalar throws(ConfigReason) in
            if let number = UInt32(scalar.text), String(number) == scalar.text { return number }
            guard let user = SystemUser.number(of: scalar.text) else {
                throw ConfigReason("no user \"\(scalar.excerpt)\" on this system")
            }
            return user
        }, render: { String($0) })
}

enum SystemUser {
    /// The number of the user called `name`; `nil` when there is none. Runs at load, before there are threads to
    /// disturb.
    static func number(of name: String) -> UInt32? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        // sysconf(_SC_GETPW_R_SIZE_MAX) suggests 1024 on Linux; directory services return longer records.
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0, let found else { return nil }
        return found.pointee.pw_uid
    }
}
