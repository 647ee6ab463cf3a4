// BackupMaker: one backup, from the daemons' answers to the folder's name.
//
// For: `weirctl backup`.
// Refuses: a copy that is not what its daemon sent, or that contradicts itself: such a backup is not kept.
// Called by: BackupCommand.

import DaemonKit
import IPC
import Storage
import Tenancy

struct BackupMaker {
    let desk: Desk
    let folder: BackupFolder
    let withCredentials: Bool

    /// Larger than any credential, TLS keys included.
    static let credentialBytesMost = 64 << 10
    /// More credentials than anybody has vendors.
    static let credentialsMost = 256
    /// As much as a daemon reads of a configuration.
    static let configurationBytesMost = 4 << 20

    /// Makes the backup; what is in it.
    func make() async throws(Complaint) -> BackupManifest {
        var files: [BackupManifest.File] = []
        // The order is what makes the pair consistent: docs/LEDGER.md, "A backup of both".
        for daemon in BackedUpDaemon.allCases where daemon.isRequired || desk.installation.hasVault {
            files.append(try await fetch(daemon))
        }
        files += try copyConfiguration()
        try BackupCheck.order(files)
        let manifest = BackupManifest(
            weirctl: WeirVersion.text, madeAt: SystemClock.now,
            configuration: Disk.absolute(desk.installation.configPath),
            files: files)
        let file = try DiskFile(making: folder.file(BackupManifest.name))
        try file.append(manifest.bytes)
        try file.sync()
        try folder.finish()
        return manifest
    }

    private func fetch(_ daemon: BackedUpDaemon) async throws(Complaint) -> BackupManifest.File {
        let path = folder.file(daemon.file)
        let received: Result<BackupReceipt, Complaint>
        switch daemon {
        case .gatewayd:
            received = try await desk.gateway { client throws(CallFailure) in
                try await BackupReceipt.take(client.backup(), to: path)
            }
        case .walletd:
            received = try await desk.wallet { client throws(CallFailure) in
                try await BackupReceipt.take(client.backup(), to: path)
            }
        case .tokend:
            received = try await desk.vault { client throws(CallFailure) in
                try await BackupReceipt.take(client.backup(), to: path)
            }
        }
        let receipt = try received.get()
        let stored = try BackupCheck.database(path, of: daemon)
        let database = BackupManifest.DatabaseFacts(
            build: receipt.end.build, takenAt: receipt.end.takenAt, schema: stored.schema,
            rows: Dictionary(stored.tables.map { ($0.name, $0.rows) }) { first, _ in first })
        return BackupManifest.File(path: daemon.file, facts: receipt.facts, database: database)
    }

    private func copyConfiguration() throws(Complaint) -> [BackupManifest.File] {
        let path = desk.installation.configPath
        guard Disk.exists(path) else {
            throw Complaint(
                "there is no configuration at \(path), which belongs into the backup",
                next: "name it with --config", status: .configuration)
        }
        var files = [try keep(path, as: BackupManifest.configurationName, most: Self.configurationBytesMost)]
        guard withCredentials else { return files }
        let credentials = "\(Disk.folder(of: path))/\(BackupManifest.credentialsFolder)"
        guard let names = Disk.names(in: credentials) else { throw Disk.complaint("read", credentials) }
        guard names.count <= Self.credentialsMost else {
            throw Complaint("\(credentials) holds more than \(Self.credentialsMost) files", next: "move others away")
        }
        try Disk.makeFolder(folder.file(BackupManifest.credentialsFolder))
        for name in names where !name.hasPrefix(".") {
            let kept = "\(BackupManifest.credentialsFolder)/\(name)"
            files.append(try keep("\(credentials)/\(name)", as: kept, most: Self.credentialBytesMost))
        }
        return files
    }

    private func keep(_ source: String, as name: String, most: Int) throws(Complaint) -> BackupManifest.File {
        let copy = try DiskFile(making: folder.file(name))
        try copy.append(try Disk.contents(source, most: most))
        try copy.sync()
        return BackupManifest.File(path: name, facts: copy.sum)
    }
}

/// A daemon's copy, received whole and on the disk.
struct BackupReceipt {
    let facts: FileFacts
    let end: BackupEnd

    /// Takes the stream into a new file.
    static func take<Request: StreamRequest>(
        _ stream: CallStream<Request>, to path: String
    ) async throws(CallFailure) -> Result<BackupReceipt, Complaint>
    where Request.Item == FileChunk, Request.End == BackupEnd {
        let receiver: BackupReceiver
        switch BackupReceiver.begin(path) {
        case .success(let begun): receiver = begun
        case .failure(let complaint): return .failure(complaint)
        }
        let items = stream.makeAsyncIterator()
        while let chunk = try await items.next() {
            if case .failure(let complaint) = receiver.take(chunk) { return .failure(complaint) }
        }
        return receiver.finish(items.end)
    }
}

/// The file that a stream goes into. What goes wrong here is a result: what goes wrong with the call is thrown.
private final class BackupReceiver {
    private let file: DiskFile
    private var sum = FileSum()

    private init(_ path: String) throws(Complaint) { file = try DiskFile(making: path) }

    static func begin(_ path: String) -> Result<BackupReceiver, Complaint> {
        Result { () throws(Complaint) in try BackupReceiver(path) }
    }

    func take(_ chunk: FileChunk) -> Result<Void, Complaint> {
        guard chunk.offset == file.size, !chunk.bytes.isEmpty else { return .failure(mixedUp) }
        sum.feed(chunk.bytes)
        return Result { () throws(Complaint) in try file.append(chunk.bytes) }
    }

    func finish(_ end: BackupEnd?) -> Result<BackupReceipt, Complaint> {
        guard let end, end.size == file.size, end.sum == sum.value else { return .failure(mixedUp) }
        return Result { () throws(Complaint) in
            try file.sync()
            return BackupReceipt(facts: file.sum, end: end)
        }
    }

    private var mixedUp: Complaint {
        Complaint("what arrived at \(file.path) is not what was sent", next: "repeat it; look at the daemon's log")
    }
}
