// GlobalOptions: what every command understands.
//
// For: finding the daemons, and the form of answers.
// Refuses: --dir together with --config.
// Called by: each command includes it, and the root, so that they may stand before the command's name too.

import ArgumentParser

/// The folder of an installation, for every command; alone for those that make or run one.
struct FolderOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder made by weirctl init; weir.yaml in it is read. WEIR_DIR in the environment says the same.",
            valueName: "folder"))
    var dir: String?
}

struct GlobalOptions: ParsableArguments {
    @OptionGroup var folder: FolderOption

    @Option(help: ArgumentHelp("The configuration file, when it is elsewhere.", valueName: "path"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where the daemons' sockets are; then no configuration file is read.", valueName: "folder"))
    var socketDir: String?

    @Flag(help: "One JSON object a line instead of tables. Amounts are strings of decimal dollars, times are RFC 3339.")
    var json = false

    func validate() throws {
        if folder.dir != nil && config != nil {
            throw ValidationError("--dir and --config name the same thing: give one of them")
        }
    }

    var printer: Printer { Printer(isJSON: json) }

    /// Where the daemons are.
    func installation() throws(Complaint) -> Installation { try Installation(self, environment: .ofProcess) }
}
