// BackupCheck: whether a backup is what it says, without a daemon.
//
// For: `weirctl backup --verify`, every copy before its backup is called one, every restore before it touches anything.
// Refuses: a folder without a manifest; files that are missing, damaged or of another daemon; a pair in the wrong order.
// Called by: BackupCommand, BackupMaker, Restoration.

import Storage

/// A backup that was found whole.
struct CheckedBackup {
    let folder: String
    let manifest: BackupManifest
    /// The manifest's own sum: names this backup and no other.
    let identity: String

    func path(_ file: BackupManifest.File) -> String { "\(folder)/\(file.path)" }
}

enum BackupCheck {
    /// Reads all of the backup.
    static func whole(_ folder: String) throws(Complaint) -> CheckedBackup {
        let manifest = try manifest(folder)
        for file in manifest.files {
            guard try Disk.facts("\(folder)/\(file.path)") == file.facts else {
                throw damaged("\(folder)/\(file.path) is not what was backed up")
            }
        }
        for daemon in BackedUpDaemon.allCases where daemon.isRequired || manifest.file(daemon.file) != nil {
            try check(daemon, manifest, folder)
        }
        try order(manifest.files)
        let identity = try Disk.facts("\(folder)/\(BackupManifest.name)").sha256
        return CheckedBackup(folder: folder, manifest: manifest, identity: identity)
    }

    /// Reads all of a database: it is whole, and the one it should be.
    static func database(_ path: String, of daemon: BackedUpDaemon) throws(Complaint) -> StoredFile {
        let stored: StoredFile
        do throws(StorageError) {
            stored = try StoredFile(checking: path)
        } catch {
            throw damaged("\(error)")
        }
        guard stored.application == daemon.application else { throw damaged("\(path) is not \(daemon)'s database") }
        return stored
    }

    private static func manifest(_ folder: String) throws(Complaint) -> BackupManifest {
        let path = "\(folder)/\(BackupManifest.name)"
        guard Disk.exists(path) else {
            throw Complaint(
                "\(folder) is no backup: there is no \(BackupManifest.name) in it",
                next: "name a folder that weirctl backup made")
        }
        let bytes = try Disk.contents(path, most: BackupManifest.bytesMost)
        do throws(ManifestFault) {
            return try BackupManifest(bytes)
        } catch {
            throw damaged("\(path): \(error.text)")
        }
    }

    private static func check(
        _ daemon: BackedUpDaemon, _ manifest: BackupManifest, _ folder: String
    ) throws(Complaint) {
        guard let kept = manifest.file(daemon.file)?.database else { throw damaged("\(folder) has no \(daemon.file)") }
        let stored = try database("\(folder)/\(daemon.file)", of: daemon)
        let rows = Dictionary(stored.tables.map { ($0.name, $0.rows) }) { first, _ in first }
        guard stored.schema == kept.schema, rows == kept.rows else {
            throw damaged("\(folder)/\(daemon.file) does not hold what the manifest counts")
        }
    }

    /// A wallet that is older than the gateway's records lacks settlements that the gateway believes delivered.
    static func order(_ files: [BackupManifest.File]) throws(Complaint) {
        let moments = BackedUpDaemon.allCases.compactMap { daemon in
            files.first { $0.path == daemon.file }?.database?.takenAt
        }
        guard moments == moments.sorted() else {
            throw Complaint(
                "the wallet's copy is older than gatewayd's, or the clock was set back between them",
                next: "make another backup; do not restore this one")
        }
    }

    private static func damaged(_ what: String) -> Complaint {
        Complaint(what, next: "use another backup; do not restore this one")
    }
}
