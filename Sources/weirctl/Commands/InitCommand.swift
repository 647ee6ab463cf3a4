// InitCommand: a folder to run Weir in.
//
// Called by: Weirctl.

import ArgumentParser

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes a folder with a commented weir.yaml.",
        discussion: """
            Everything is below the folder and nothing needs root: sockets in run/, the ledger and the gateway's records in \
            state/, vendors' keys in credentials/, all with mode 0700. An existing weir.yaml is never overwritten.

            Vendors whose key is in the environment (ANTHROPIC_API_KEY, OPENAI_API_KEY) are ready to use: the key is copied to \
            a file that only you can read. Others, and servers of your own such as Ollama or vLLM, are in the file, commented \
            out: uncomment them when their key or URL is there.

            Next: weirctl up --dir FOLDER
            """)
    @Argument(help: "The folder; it is made when it is not there.") var folder = "."
    @Option(help: ArgumentHelp("Where clients connect.", valueName: "host:port"), transform: Parse.listen)
    var listen = FolderConfiguration.sampleListen

    func run() throws {
        let setup = FolderSetup(folder: folder, configuration: FolderConfiguration(listen: listen))
        let printer = Printer(isJSON: false)
        try setup.make(environment: Environment.value).forEach(printer.note)
        printer.note("made \(setup.configPath); next: weirctl up --dir \(folder)")
    }
}
