// RestoreCommand: a backup put in place.
//
// Called by: Weirctl.

import ArgumentParser

struct RestoreCommand: ParsableCommand {
    static let columns: [Column] = [.left("place"), .right("bytes"), .left("moved_aside")]
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a backup in place; the daemons must be stopped.",
        discussion: """
            The backup is read and checked before anything is touched. The databases go where the weir.yaml that is there says; \
            without one the backup's is put there, and into a folder named by --dir everything goes. A weir.yaml and vendors' keys that are \
            there stay as they are. As root, files are given to the users the daemons run as.

            State that is there is refused; --force moves it into a folder beside it and removes nothing. When a restore is interrupted, \
            no daemon starts until the same command has been run again.

            A vault is as it was, too: accounts that were refreshed since have spent refresh tokens. Where the newer \
            vault is whole, put it back before the start.

            Afterwards: start the daemons, weirctl wallet audit. Keys and tenants are as they were: revoke again what was revoked \
            since. \(Report.fields(columns))
            """)
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The folder that weirctl backup made.") var backup: String
    @Flag(help: "Moves state that is there aside.") var force = false

    func run() throws {
        let checked = try BackupCheck.whole(backup)
        let folder = global.config == nil ? global.folder.dir ?? Environment.ofProcess.weirDir : nil
        let target = try RestoreTarget(Installation.configPath(global, .ofProcess), from: checked, within: folder)
        if let folder { for name in ["", "/run", "/state", "/credentials"] { try Folder.make(folder + name) } }
        let restoration = try Restoration(checked, to: target, force: force, now: SystemClock.now)
        let files = try restoration.run()
        global.printer.list(Self.report(files), whenEmpty: "")
        if target.hasConfiguration { global.printer.note("\(target.configPath) was there and stays as it is") }
        if let warning = Self.warning(checked.manifest, files) { global.printer.note(warning) }
        global.printer.note("restored; next: start the daemons, then weirctl wallet audit")
    }

    /// What has to be known of a vault before it is started; `nil` where no connected account came back.
    static func warning(_ manifest: BackupManifest, _ files: [RestoredFile]) -> String? {
        guard let vault = manifest.file(BackedUpDaemon.tokend.file)?.database, vault.rows["accounts"] ?? 0 > 0 else {
            return nil
        }
        let aside = files.compactMap { Disk.name(of: $0.place) == BackedUpDaemon.tokend.file ? $0.aside : nil }.first
        let helps = aside.map { "the vault that was there is in \($0): put it back before the start if it is whole" }
        return """
            connected accounts are as of \(vault.takenAt): those refreshed since have spent refresh tokens, and providers \
            may end them when these are used; \(helps ?? "weirctl connection list --state dead names them after the start")
            """
    }

    static func report(_ files: [RestoredFile]) -> Report {
        Report(columns, rows: files.map { [.text($0.place), .count($0.bytes), .optional($0.aside, Cell.text)] })
    }
}
