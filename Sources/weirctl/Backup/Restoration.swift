// Restoration: a backup put in place, in an order in which an interruption at any moment does no harm.
//
// For: `weirctl restore`. The copies are whole and beside their places before anything changes. From the first change to the
//     last a mark lies in every state directory, over which no daemon starts; what was there is moved aside and never removed; running the same restore again finishes it.
// Refuses: state that is there already, unless told to move it aside; daemons that run.
// Called by: RestoreCommand.

import DaemonKit
import Glibc
import Tenancy

/// What a restore did with one file.
struct RestoredFile: Hashable {
    let place: String
    let bytes: UInt64
    /// Where the file that was there is now.
    var aside: String?
}

/// One restore. Holds both state directories while it lives, so that no daemon starts meanwhile.
struct Restoration {
    private let backup: CheckedBackup
    private let target: RestoreTarget
    private let holds: [StateDirectory]
    /// What the folders for moved files are called: the moment of the restore.
    private let asideName: String

    /// The state directories are made and held; daemons that run, and state without `force`, are refused.
    init(_ backup: CheckedBackup, to target: RestoreTarget, force: Bool, now: UnixMillis) throws(Complaint) {
        self.backup = backup
        self.target = target
        asideName = "before-restore-\(now.description.filter { $0.isNumber || $0 == "T" }.prefix(15))Z"
        var holds: [StateDirectory] = []
        for place in target.places { holds.append(try Self.hold(place)) }
        self.holds = holds
        guard !force, !isUnfinished else { return }
        for place in target.places {
            guard let there = place.files.first else { continue }
            throw Complaint(
                "there is state already: \(there)",
                next: "restore elsewhere (--dir), or --force to move what is there aside; nothing is ever removed")
        }
    }

    /// Puts everything in place. What it did, in the order of the manifest.
    func run() throws(Complaint) -> [RestoredFile] {
        if try RestoreMark.read(gateway)?.isPlaced(backup.identity) == true {
            try removeMarks()
            return done([:])
        }
        try stageAll()
        for place in target.places { try RestoreMark(.copying, backup.identity).write(place) }
        // gatewayd's goes first and comes last: it is what takes the other's word for delivered.
        var aside: [BackedUpDaemon: String] = [:]
        for place in target.places { aside[place.daemon] = try moveAside(place) }
        for place in target.places.reversed() { try Disk.rename(place.staged, to: place.database) }
        try placeCredentials()
        try placeConfiguration()
        try RestoreMark(.placed, backup.identity).write(gateway)
        try removeMarks()
        return done(aside)
    }

    private var gateway: RestorePlace { target.place(.gatewayd) }

    /// Whether an earlier restore was interrupted here: what is there then is nobody's state.
    private var isUnfinished: Bool { target.places.contains { Disk.exists($0.mark) } }

    private func removeMarks() throws(Complaint) {
        for place in target.places.reversed() {
            try Disk.remove(place.mark)
            try Disk.sync(folder: place.folder)
        }
    }

    private func done(_ aside: [BackedUpDaemon: String]) -> [RestoredFile] {
        var placed = target.places.map { ($0.daemon.file, $0.database, aside[$0.daemon]) }
        if !target.hasConfiguration { placed.append((BackupManifest.configurationName, target.configPath, nil)) }
        return placed.map { name, place, aside in
            RestoredFile(place: place, bytes: backup.manifest.file(name)?.facts.bytes ?? 0, aside: aside)
        }
    }
}

// MARK: databases

extension Restoration {
    private static func hold(_ place: RestorePlace) throws(Complaint) -> StateDirectory {
        do throws(FileFault) {
            return try StateDirectory(restoring: place.folder, owner: place.owner)
        } catch {
            throw Complaint(
                "\(place.daemon)'s state directory cannot be used: \(error)",
                next: "systemctl stop weir.target gatewayd walletd tokend; and run weirctl as their user or as root")
        }
    }

    /// Both databases beside their places. When there is no room for one, nothing is left and nothing has changed.
    private func stageAll() throws(Complaint) {
        do throws(Complaint) {
            for place in target.places { try stage(place) }
        } catch {
            for place in target.places { try Disk.remove(place.staged) }
            throw error
        }
    }

    /// Copies the database beside its place, for the daemon's user, and makes sure that it is what was checked.
    private func stage(_ place: RestorePlace) throws(Complaint) {
        guard let file = backup.manifest.file(place.daemon.file) else {
            preconditionFailure("places are those of the backup's databases")
        }
        try Disk.remove(place.staged)
        guard try Disk.copy(backup.path(file), to: place.staged) == file.facts else {
            throw Complaint("\(backup.path(file)) changed while it was restored", next: "repeat it")
        }
        try place.owner.own(place.staged)
    }

    /// Moves the database and every other file of the daemon into a folder beside it; the folder, `nil` when there was nothing.
    private func moveAside(_ place: RestorePlace) throws(Complaint) -> String? {
        let files = place.files
        guard !files.isEmpty else { return nil }
        let folder = try Disk.makeNewFolder("\(place.folder)/\(asideName)")
        try place.owner.own(folder)
        for file in files { try Disk.rename(file, to: "\(folder)/\(Disk.name(of: file))") }
        return folder
    }
}

// MARK: configuration and credentials

extension Restoration {
    /// Credentials that are there stay as they are.
    private func placeCredentials() throws(Complaint) {
        let files = backup.manifest.files.filter { $0.path.hasPrefix("\(BackupManifest.credentialsFolder)/") }
        guard !files.isEmpty else { return }
        try Disk.makeFolder("\(target.folder)/\(BackupManifest.credentialsFolder)")
        for file in files where !Disk.exists("\(target.folder)/\(file.path)") {
            try place(file, at: "\(target.folder)/\(file.path)")
        }
    }

    /// A configuration that is there stays as it is.
    private func placeConfiguration() throws(Complaint) {
        guard !Disk.exists(target.configPath), let file = backup.manifest.file(BackupManifest.configurationName) else {
            return
        }
        try place(file, at: target.configPath, readers: target.readers)
    }

    private func place(_ file: BackupManifest.File, at path: String, readers: UInt32? = nil) throws(Complaint) {
        let staged = "\(path).restoring"
        try Disk.remove(staged)
        guard try Disk.copy(backup.path(file), to: staged) == file.facts else {
            throw Complaint("\(backup.path(file)) changed while it was restored", next: "repeat it")
        }
        if let readers {
            try FileOwner(user: geteuid(), group: readers).own(staged)
            guard chmod(staged, 0o640) == 0 else { throw Disk.complaint("change", staged) }
        }
        try Disk.rename(staged, to: path)
    }
}

extension RestorePlace {
    /// Where the database is until it is whole.
    var staged: String { "\(database).restoring" }

    /// The file that keeps daemons from starting.
    var mark: String { "\(folder)/\(StateDirectory.restoreMark)" }

    /// The database that is there, its logs, and what a process that has handed over left beside it: every file but those of
    /// the restore itself.
    var files: [String] {
        let own = ["\(folder)/lock", staged, mark, "\(mark).new"]
        let all = (Disk.names(in: folder) ?? []).map { "\(folder)/\($0)" }
        return all.filter { !own.contains($0) && !Disk.isFolder($0) }
    }
}

/// What the mark in a state directory says: how far which restore came.
struct RestoreMark: Hashable {
    enum Stage: String {
        /// What is there is half of one and half of the other.
        case copying
        /// Everything is in place; only the marks are left to remove.
        case placed
    }

    let stage: Stage
    /// The backup's identity.
    let backup: String

    init(_ stage: Stage, _ backup: String) {
        self.stage = stage
        self.backup = backup
    }

    func isPlaced(_ identity: String) -> Bool { stage == .placed && backup == identity }

    /// Writes it in place of the one that is there, all or nothing.
    func write(_ place: RestorePlace) throws(Complaint) {
        let new = "\(place.mark).new"
        try Disk.remove(new)
        let file = try DiskFile(making: new)
        try file.append(Array("\(stage.rawValue) \(backup)\n".utf8))
        try file.sync()
        try place.owner.own(new)
        try Disk.rename(new, to: place.mark)
    }

    /// The mark that is there.
    static func read(_ place: RestorePlace) throws(Complaint) -> RestoreMark? {
        guard Disk.exists(place.mark) else { return nil }
        let words = String(decoding: try Disk.contents(place.mark, most: 4096), as: UTF8.self).split {
            " \n".contains($0)
        }
        guard words.count == 2, let stage = Stage(rawValue: String(words[0])) else { return nil }
        return RestoreMark(stage, String(words[1]))
    }
}
