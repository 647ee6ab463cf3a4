// RestoreTarget: where a backup goes, and whose it will be there.
//
// For: finding configuration, state directories and owners before anything is touched.
// Refuses: a configuration that cannot be read, the target's own or the backup's; with --dir, state outside of that folder.
// Called by: RestoreCommand.

import DaemonKit
import Glibc

/// The place of one daemon's database.
struct RestorePlace: Hashable {
    let daemon: BackedUpDaemon
    /// The daemon's state directory.
    let folder: String
    /// The user that the daemon runs as.
    let owner: FileOwner

    var database: String { "\(folder)/\(daemon.file)" }
}

struct RestoreTarget: Hashable {
    /// Where weir.yaml is or will be.
    let configPath: String
    /// Whether it is there: then it stays as it is, and it says where everything belongs.
    let hasConfiguration: Bool
    let places: [RestorePlace]

    /// The group that reads the configuration of a package's installation, in which each daemon is a user of its own.
    let readers: UInt32?

    var folder: String { Disk.folder(of: configPath) }

    /// With `within`, every database must belong into that folder.
    init(_ configPath: String, from backup: CheckedBackup, within: String?) throws(Complaint) {
        self.configPath = configPath
        hasConfiguration = Disk.exists(configPath)
        let source = hasConfiguration ? configPath : "\(backup.folder)/\(BackupManifest.configurationName)"
        let settings = try RestoreSettings.read(source, asIfIn: Disk.folder(of: configPath))
        let isSystem = configPath == Installation.systemConfigPath
        readers = isSystem && geteuid() == 0 ? getgrnam("weir")?.pointee.gr_gid : nil
        let daemons = BackedUpDaemon.allCases.filter { backup.manifest.file($0.file) != nil }
        places = daemons.map { daemon in
            let folder = settings.stateDirectory(of: daemon)
            let named = settings.peers.users[daemon.rawValue]?.min()
            return RestorePlace(
                daemon: daemon, folder: folder,
                owner: .ofDaemon(folder, named: named, user: isSystem ? "weir-\(daemon)" : nil))
        }
        guard let within else { return }
        let root = Disk.absolute(within)
        for place in places where !Disk.absolute(place.folder).hasPrefix("\(root)/") {
            throw Complaint(
                "\(source) keeps \(place.daemon)'s state in \(place.folder), which is not in \(within)",
                next: "put a weir.yaml with state_directory settings into \(within) first, or restore without --dir")
        }
    }

    func place(_ daemon: BackedUpDaemon) -> RestorePlace {
        guard let place = places.first(where: { $0.daemon == daemon }) else {
            preconditionFailure("every daemon has its place")
        }
        return place
    }
}

/// The settings that say where state is and who the daemons are.
private struct RestoreSettings: DaemonConfiguration {
    let gateway: ProcessSettings
    let wallet: ProcessSettings
    let token: ProcessSettings
    let peers: PeerUsers

    private static let gatewayProcess = ProcessSettings.Declarations(daemon: "gatewayd")
    private static let walletProcess = ProcessSettings.Declarations(daemon: "walletd")
    private static let gatewaySection = Setting(
        section: "gatewayd", ConfigSection(gatewayProcess.all, foreign: .all), "The daemon that clients talk to.")
    private static let walletSection = Setting(
        section: "walletd", ConfigSection(walletProcess.all, foreign: .all), "The daemon that keeps the money.")
    private static let tokenProcess = ProcessSettings.Declarations(daemon: "tokend")
    private static let tokenSection = Setting(
        section: "tokend", ConfigSection(tokenProcess.all, foreign: .all), "The vault.")
    private static let roles = ["gatewayd", "walletd", "tokend", "cronjobd", "mediad", "weirctl"]
    private static let peersSection = PeerUsers.setting(roles: roles)

    static let layout = ConfigSection(
        [gatewaySection, walletSection, tokenSection].map(\.declaration) + [peersSection.declaration], foreign: .all)

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        gateway = ProcessSettings(values[Self.gatewaySection], Self.gatewayProcess)
        wallet = ProcessSettings(values[Self.walletSection], Self.walletProcess)
        token = ProcessSettings(values[Self.tokenSection], Self.tokenProcess)
        peers = PeerUsers(values[Self.peersSection])
    }

    func stateDirectory(of daemon: BackedUpDaemon) -> String {
        switch daemon {
        case .gatewayd: gateway.stateDirectory
        case .walletd: wallet.stateDirectory
        case .tokend: token.stateDirectory
        }
    }

    /// The settings in the file at `path`, with its relative paths beginning at `folder`.
    static func read(_ path: String, asIfIn folder: String) throws(Complaint) -> RestoreSettings {
        let bytes = try Disk.contents(path, most: BackupMaker.configurationBytesMost)
        do throws(ConfigRefusal) {
            let text = String(decoding: bytes, as: UTF8.self)
            return try ConfigFile<RestoreSettings>(text: text, name: path, directory: Disk.absolute(folder))
                .configuration
        } catch {
            throw Complaint(
                "the configuration cannot be used:\n  " + error.problems.map(\.description).joined(separator: "\n  "),
                next: "correct it; users that are named must exist on this machine", status: .configuration)
        }
    }
}

extension FileOwner {
    /// Who a daemon runs as: whoever owns its state directory; before it has one, the user that the configuration names for
    /// it, the package's user, or whoever asks. Only root can restore for somebody else.
    static func ofDaemon(_ folder: String, named: UInt32?, user: String?) -> FileOwner {
        var facts = stat()
        if stat(folder, &facts) == 0 { return FileOwner(user: facts.st_uid, group: facts.st_gid) }
        guard geteuid() == 0 else { return .ofProcess }
        if let named { return FileOwner(user: named, group: group(of: named) ?? named) }
        return user.flatMap(account) ?? .ofProcess
    }

    private static func account(_ name: String) -> FileOwner? {
        var (record, found) = (passwd(), nil as UnsafeMutablePointer<passwd>?)
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0, let found else { return nil }
        return FileOwner(user: found.pointee.pw_uid, group: found.pointee.pw_gid)
    }

    private static func group(of user: UInt32) -> UInt32? {
        var (record, found) = (passwd(), nil as UnsafeMutablePointer<passwd>?)
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(user, &record, &buffer, buffer.count, &found) == 0, let found else { return nil }
        return found.pointee.pw_gid
    }
}
