// BackupFolder: a folder that is there whole or not at all.
//
// For: making a backup. It is made under another name beside its place, and gets its name when everything in it is on the disk.
// Refuses: a place where something is already; a second backup to the same place at the same time.
// Called by: BackupMaker.

import Glibc

/// A backup's folder under construction. What a killed weirctl left of it is removed by the next backup to the same place.
final class BackupFolder {
    /// Where the backup will be.
    let path: String
    /// Where it is while it is made.
    let partial: String
    private let lock: Int32

    init(at place: String) throws(Complaint) {
        let path = Self.withoutSlash(place)
        let name = Disk.name(of: path)
        guard !name.isEmpty, name != ".", name != ".." else {
            throw Complaint(
                "\(place) is no name for a backup", next: "name a folder that is not there yet", status: .usage)
        }
        try Self.checkFree(path)
        let folder = Disk.folder(of: path)
        partial = folder == "/" ? "/.\(name).partial" : "\(folder)/.\(name).partial"
        self.path = path
        try Disk.makeFolder(partial)
        lock = try Self.hold(partial)
        try empty()
    }

    deinit { close(lock) }

    /// The place of a file while the backup is made.
    func file(_ name: String) -> String { "\(partial)/\(name)" }

    /// Everything in it is on the disk: it gets its name.
    func finish() throws(Complaint) {
        if Disk.exists(file(BackupManifest.credentialsFolder)) {
            try Disk.sync(folder: file(BackupManifest.credentialsFolder))
        }
        try Disk.sync(folder: partial)
        try Self.checkFree(path)
        try Disk.rename(partial, to: path)
    }

    /// Nothing is left of it.
    func discard() {
        do throws(Complaint) {
            try empty()
            rmdir(partial)
        } catch {
            Printer.write("\(error)", to: STDERR_FILENO)
        }
    }

    /// Removes what an interrupted backup left here, and nothing that is not a backup's.
    private func empty() throws(Complaint) {
        let credentials = file(BackupManifest.credentialsFolder)
        for name in Disk.names(in: credentials) ?? [] { try Disk.remove("\(credentials)/\(name)") }
        rmdir(credentials)
        let own = BackedUpDaemon.allCases.map(\.file) + [BackupManifest.configurationName, BackupManifest.name]
        for name in own { try Disk.remove(file(name)) }
        let rest = Disk.names(in: partial) ?? []
        guard rest.isEmpty else {
            throw Complaint("\(partial) holds \(rest[0]), which is not a backup's", next: "move it away")
        }
    }

    private static func withoutSlash(_ place: String) -> String {
        var path = place
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func checkFree(_ path: String) throws(Complaint) {
        guard Disk.exists(path) else { return }
        guard let names = Disk.names(in: path) else {
            throw Complaint("\(path) is there and is no folder", next: "name a folder that is not there yet")
        }
        guard names.isEmpty else {
            throw Complaint(
                "\(path) is not empty, and a backup replaces nothing", next: "name a folder that is not there yet")
        }
    }

    private static func hold(_ path: String) throws(Complaint) -> Int32 {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw Disk.complaint("open", path) }
        guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
            close(folder)
            throw Complaint("another weirctl backup writes to \(path)", next: "wait for it, or name another folder")
        }
        return folder
    }
}
