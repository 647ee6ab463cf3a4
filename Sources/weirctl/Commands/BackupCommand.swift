// BackupCommand: a copy of everything that must not be lost, while Weir goes on serving.
//
// Called by: Weirctl.

import ArgumentParser
import Glibc

struct BackupCommand: AsyncParsableCommand {
    static let columns: [Column] = [
        .left("path"), .right("bytes"), .left("taken_at"), .right("rows"), .left("build"), .detail("sha256"),
    ]
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the databases and weir.yaml into a new folder, while requests go on.",
        discussion: """
            The daemons make the copies, so that each is of one moment; the folder appears when it is whole, checked and on the \
            disk, and not before. It is readable by you alone. Vendors' keys are left out unless --with-credentials is given: \
            then the files in the folder credentials beside weir.yaml are in the backup in the clear.

            --verify reads a backup again, all of it, and asks no daemon; status 1 when it is damaged.

            Next: weirctl restore FOLDER. \(Report.fields(columns))
            """)
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The backup's folder; it must not be there yet, or be empty.") var backup: String
    @Flag(help: "Vendors' keys too.") var withCredentials = false
    @Flag(help: "Makes nothing and checks this backup.") var verify = false

    func validate() throws {
        if verify && withCredentials { throw ValidationError("--verify makes nothing: leave --with-credentials out") }
    }

    func run() async throws {
        if verify {
            let checked = try BackupCheck.whole(backup)
            global.printer.list(Self.report(checked.manifest), whenEmpty: "")
            global.printer.note("\(backup) is whole")
            return
        }
        let manifest = try await make(Desk(global))
        global.printer.list(Self.report(manifest), whenEmpty: "")
        global.printer.note("made \(backup)")
    }

    private func make(_ desk: Desk) async throws(Complaint) -> BackupManifest {
        // Checking and hashing may take as long as they like; the daemons go first.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        let folder = try BackupFolder(at: backup)
        do throws(Complaint) {
            return try await BackupMaker(desk: desk, folder: folder, withCredentials: withCredentials).make()
        } catch {
            folder.discard()
            throw error
        }
    }

    static func report(_ manifest: BackupManifest) -> Report {
        let rows = manifest.files.map { file -> [Cell] in
            [
                .text(file.path), .count(file.facts.bytes), .optional(file.database?.takenAt, Cell.instant),
                .optional(file.database.map { $0.rows.values.reduce(0, +) }, Cell.number),
                .optional(file.database?.build, Cell.text), .text(file.facts.sha256),
            ]
        }
        return Report(columns, rows: rows)
    }
}
