// BackupManifest: what a backup says of itself.
//
// For: judging a backup without Weir running, and telling a whole one from a part. It is written last.
// Refuses: another format, names that lead out of the backup's folder, sums that are none.
// Called by: BackupMaker writes it; BackupCheck reads it. Pure: bytes in, bytes out.

import JSON
import Tenancy

/// The contents of `manifest.json`.
struct BackupManifest: Hashable {
    /// One file of the backup.
    struct File: Hashable {
        /// Where it is in the backup's folder.
        let path: String
        let facts: FileFacts
        /// Of a daemon's database; `nil` for other files.
        var database: DatabaseFacts?
    }

    /// What is known of a database besides its bytes.
    struct DatabaseFacts: Hashable {
        /// The build that made the copy: `walletd 0.1.0`.
        let build: String
        /// The moment of which the copy is.
        let takenAt: UnixMillis
        /// The last migration it went through.
        let schema: Int64
        /// Rows of each table.
        let rows: [String: Int64]
    }

    /// The release that wrote it.
    let weirctl: String
    let madeAt: UnixMillis
    /// The configuration file that was copied, where it was.
    let configuration: String
    let files: [File]

    static let name = "manifest.json"
    static let format: Int64 = 1
    /// Larger than any manifest: a few hundred bytes a file.
    static let bytesMost = 1 << 20
    /// Names of what a backup may hold; credentials come under this folder.
    static let configurationName = "weir.yaml"
    static let credentialsFolder = "credentials"

    func file(_ path: String) -> File? { files.first { $0.path == path } }

    /// A name that stays in the backup's folder.
    static func isAllowed(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains("\0") }
        let known = BackedUpDaemon.allCases.map(\.file) + [configurationName]
        return isPlain
            && (parts.count == 1 && known.contains(path) || parts.count == 2 && parts[0] == credentialsFolder)
    }
}

/// A daemon whose database is in a backup, in the order in which copies are made.
enum BackedUpDaemon: String, CaseIterable {
    /// First: whatever its copy says is settled is then in the wallet's copy, which is made later.
    case gatewayd
    case walletd
    /// In installations that have a vault. What is secret in its copy is sealed: without the key, which is in no backup that was
    /// made without --with-credentials, it opens for nobody.
    case tokend

    /// Whether a backup without it is none.
    var isRequired: Bool { self != .tokend }

    /// The database's name, in its state directory and in a backup.
    var file: String {
        switch self {
        case .gatewayd: "gatewayd.db"
        case .walletd: "wallet.db"
        case .tokend: "token.db"
        }
    }

    /// The letters that mark its database.
    var application: String {
        switch self {
        case .gatewayd: "WeiG"
        case .walletd: "WeiW"
        case .tokend: "WeiT"
        }
    }
}

// MARK: JSON

extension BackupManifest {
    /// The file's bytes: one JSON object.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { writer in
            writer.object { object in
                object.member("format", Self.format)
                object.member("weirctl", weirctl)
                object.member("made_at", madeAt.description)
                object.member("made_at_ms", madeAt.value)
                object.member("configuration", configuration)
                object.member("files", array: { array in files.forEach { $0.write(to: &array) } })
            }
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Reads `bytes`; a sentence when they are no manifest.
    init(_ bytes: [UInt8]) throws(ManifestFault) {
        let value: JSONValue
        do throws(JSONFault) {
            value = try bytes.withUnsafeBytes { bytes in
                Result { () throws(JSONFault) in try JSONValue(parsing: bytes) }
            }
            .get()
        } catch {
            throw ManifestFault("it is not JSON")
        }
        guard let format = value["format"]?.integer else { throw ManifestFault("it names no format") }
        guard format == Self.format else {
            throw ManifestFault("its format is \(format) and this weirctl knows \(Self.format)")
        }
        guard let weirctl = value["weirctl"]?.string, let madeAt = value["made_at_ms"]?.integer,
            let configuration = value["configuration"]?.string, let files = value["files"]?.elements
        else { throw ManifestFault("a field is missing") }
        self.weirctl = weirctl
        self.madeAt = UnixMillis(madeAt)
        self.configuration = configuration
        var read: [File] = []
        for file in files { read.append(try File(file)) }
        guard Set(read.map(\.path)).count == read.count else { throw ManifestFault("it names a file twice") }
        self.files = read
    }
}

/// Why bytes are no manifest.
struct ManifestFault: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

extension BackupManifest.File {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { object in
            object.member("path", path)
            object.member("bytes", facts.bytes)
            object.member("sha256", facts.sha256)
            guard let database else { return }
            object.member("build", database.build)
            object.member("taken_at", database.takenAt.description)
            object.member("taken_at_ms", database.takenAt.value)
            object.member("schema", database.schema)
            object.member(
                "rows",
                object: { rows in
                    for (table, count) in database.rows.sorted(by: { $0.key < $1.key }) { rows.member(table, count) }
                })
        }
    }

    fileprivate init(_ value: JSONValue) throws(ManifestFault) {
        guard let path = value["path"]?.string, let bytes = value["bytes"]?.integer,
            let sha256 = value["sha256"]?.string,
            bytes >= 0
        else { throw ManifestFault("a file's field is missing") }
        guard BackupManifest.isAllowed(path) else { throw ManifestFault("\"\(path)\" is not a file of a backup") }
        guard sha256.utf8.count == 64,
            sha256.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw ManifestFault("the sum of \(path) is none") }
        self.path = path
        facts = FileFacts(bytes: UInt64(bytes), sha256: sha256)
        database = value["rows"] == nil ? nil : try BackupManifest.DatabaseFacts(value, path)
    }
}

extension BackupManifest.DatabaseFacts {
    fileprivate init(_ value: JSONValue, _ path: String) throws(ManifestFault) {
        guard let build = value["build"]?.string, let takenAt = value["taken_at_ms"]?.integer,
            let schema = value["schema"]?.integer, case .object(let members)? = value["rows"]
        else { throw ManifestFault("a field of \(path) is missing") }
        var rows: [String: Int64] = [:]
        for member in members { rows[member.key] = member.value.integer }
        guard rows.count == members.count else { throw ManifestFault("the rows of \(path) are not counted") }
        self.init(build: build, takenAt: UnixMillis(takenAt), schema: schema, rows: rows)
    }
}
