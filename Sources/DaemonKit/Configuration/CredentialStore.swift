// CredentialStore: from references to secrets.
//
// For: start and reload, which need every secret; a check, which needs what it can reach; printing, which needs none.
// Refuses: a file that every user can read; empty, oversized or multi-line secrets.
// Called by: the daemons' Configuration.swift.

import Glibc

/// Finds the secrets that references name.
public struct CredentialStore: Sendable {
    private enum Mode {
        case strict, lenientWithoutSystemd, referencesOnly
    }

    /// systemd's folder of credentials for this unit; `nil` outside a unit that has any.
    private let systemdDirectory: String?
    private let mode: Mode

    /// The longest key accepted; vendors' keys have 50 to 200 characters, cloud tokens up to about 2,000.
    public static let longest = 8192

    /// A store that finds every secret, systemd's in `systemdDirectory`.
    public init(systemdDirectory: String?) { self.init(systemdDirectory, .strict) }

    private init(_ systemdDirectory: String?, _ mode: Mode) {
        self.systemdDirectory = systemdDirectory
        self.mode = mode
    }

    /// The store of this process: systemd names its folder in the environment. For start and reload.
    public static var ofProcess: CredentialStore { CredentialStore(environmentDirectory, .strict) }

    /// Passes over systemd's credentials when there are none, as when an operator checks a file by hand.
    public static var forCheck: CredentialStore { CredentialStore(environmentDirectory, .lenientWithoutSystemd) }

    /// Finds nothing and misses nothing. For printing, and for those who need no secrets.
    public static let referencesOnly = CredentialStore(nil, .referencesOnly)

    private static var environmentDirectory: String? { getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } }

    /// The secret that `setting` refers to; `nil` when it refers to none or a problem was reported.
    public func secret(
        _ values: ConfigValues, _ setting: Setting<CredentialReference>, _ report: inout ConfigReport
    ) -> Secret? {
        do throws(ConfigReason) {
            return try resolve(values[setting])
        } catch {
            report.add(values.place(of: setting), values.path(of: setting), error.text)
            return nil
        }
    }

    /// The secret itself; `nil` for `.none`. A line end at the end of the file is not part of it.
    public func resolve(_ reference: CredentialReference) throws(ConfigReason) -> Secret? {
        if mode == .referencesOnly { return nil }
        switch reference {
        case .none: return nil
        case .file(let path): return try secret(in: path)
        case .systemd(let name):
            guard let systemdDirectory else {
                if mode == .lenientWithoutSystemd { return nil }
                throw ConfigReason("systemd handed over no credentials (CREDENTIALS_DIRECTORY is not set)")
            }
            return try secret(in: systemdDirectory.appendingPath(name))
        }
    }

    private func secret(in path: String) throws(ConfigReason) -> Secret {
        var file: FileContents
        do throws(FileFault) {
            file = try FileContents(path: path, most: Self.longest)
        } catch {
            throw ConfigReason(error.description)
        }
        guard file.mode & 0o007 == 0 else {
            throw ConfigReason("\(path) can be read or changed by every user; run: chmod o= \(path)")
        }
        defer { file.wipe() }
        let isLineEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        let end = file.bytes.lastIndex { !isLineEnd($0) }.map { $0 + 1 } ?? 0
        guard end > 0 else { throw ConfigReason("\(path) is empty") }
        guard file.bytes[..<end].allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ConfigReason("\(path) must hold one line of printable characters without spaces")
        }
        return Secret(file.bytes[..<end])
    }
}
