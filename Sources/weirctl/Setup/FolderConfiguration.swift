// FolderConfiguration: the sample configuration made fit for one folder.
//
// For: `weirctl init` and the first `weirctl up`: everything below one folder, nothing that needs root, only what can
// work now.
// Refuses: nothing. What cannot work yet (a vendor whose key is not there) is commented out, not left out.
// Called by: FolderSetup. Pure: text in, text out; a test reads the result with the daemons' own reader.

/// What the configuration of a folder says.
struct FolderConfiguration: Equatable {
    /// Where clients connect, `host:port`.
    var listen = FolderConfiguration.sampleListen
    /// The providers that can work now.
    var providers: Set<String> = []
    /// The port of weir-demo-upstream; `nil` without it.
    var demoPort: Int?

    /// The line of the sample that --listen replaces.
    static let sampleListen = "127.0.0.1:8080"

    /// The file's text, from the sample's.
    func text(from sample: String) -> String {
        let lines = sample.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let body = lines.drop { $0.hasPrefix("#") }.compactMap(local)
        let connections = demoPort.map(Self.demoConnections) ?? []
        return (Self.header + commentingOut(Array(body)) + connections).joined(separator: "\n")
    }

    private static let header = [
        "# weir.yaml: the one configuration file of Weir's daemons, for a folder of its own.", "#",
        "# Relative paths start at this folder: sockets in run/, what must not be lost in state/, vendors' keys in",
        "# credentials/, one file each (chmod 600). Secrets are never written here, only where they are.", "#",
        "#   weirctl check --dir THIS-FOLDER     says what is wrong, all of it, with line and column",
        "#   weirctl reload --dir THIS-FOLDER    takes over changes of providers, models, aliases and limits",
        "#   gatewayd --config weir.yaml --print-config    prints what is in effect, defaults too", "#",
        "# Providers that cannot work yet are commented out, with their models. To use one: put its key where it says (or",
        "# its URL), remove the leading \"# \" of its lines and of its models', check, reload.",
    ]

    /// One line of the sample with this folder's places; `nil` for those that speak of systemd.
    private func local(_ line: String) -> String? {
        if line.contains("LoadCredential=") || line.contains("# credential: {file:") { return nil }
        return
            line
            .replacing("- \(Self.sampleListen)", with: "- \(listen)")
            .replacing("/run/weir/", with: "run/")
            .replacing("/var/lib/weir/", with: "state/")
            .replacing("/etc/weir/", with: "")
            .replacing("{systemd: ", with: "{file: credentials/")
    }
}

// MARK: Commenting out

extension FolderConfiguration {
    /// The lines with the providers that cannot work, their models and those models' aliases commented out, and the
    /// demo's added.
    private func commentingOut(_ lines: [String]) -> [String] {
        var result: [String] = []
        var off: Set<String> = []
        var section = ""
        for entry in SampleEntry.all(in: lines) {
            if entry.isSectionHead {
                section = entry.name
                result += entry.lines + demoLines(section)
                continue
            }
            let isOff: Bool
            switch section {
            case "providers": isOff = !providers.contains(entry.name)
            case "models": isOff = !entry.values(of: "- provider").contains(where: providers.contains)
            case "aliases": isOff = entry.values(of: entry.name).allSatisfy(off.contains)
            default: isOff = false
            }
            if isOff { off.insert(entry.name) }
            result += isOff ? entry.commentedOut : entry.lines
        }
        return result
    }

    private func demoLines(_ section: String) -> [String] {
        guard let demoPort else { return [] }
        switch section {
        case "providers": return Self.demoProviders(port: demoPort)
        case "models": return Self.demoModels
        default: return []
        }
    }

    /// The demo's only model, on both surfaces.
    static let demoModel = "demo"
    /// The provider whose URL says where weir-demo-upstream listens.
    static let demoProvider = "demo-anthropic"

    private static func demoProviders(port: Int) -> [String] {
        ["anthropic", "openai"].flatMap { dialect in
            [
                "  # weir-demo-upstream, started by weirctl up --demo: no vendor and no language model.",
                "  demo-\(dialect):",
                "    dialect: \(dialect)",
                "    base_url: http://127.0.0.1:\(port)" + (dialect == "openai" ? "/v1" : ""),
                "    credential: none",
            ]
        }
    }

    /// A provider whose API agents call.
    private static func demoConnections(port: Int) -> [String] {
        [
            "# weir-demo-upstream once more, as an API that agents call with an account of the tenant's.",
            "connections:",
            "  providers:",
            "    \(demoDomain):",
            "      name: Demo (no language model)",
            "      base_url: http://127.0.0.1:\(port)/v1",
            "      auth: {api_key: bearer}",
            "      test: GET /models",
            "      allow: [GET /models]",
            "",
        ]
    }

    /// The demo's provider of an API.
    static let demoDomain = "demo"

    /// Prices like a real model's, so that the ledger shows something.
    private static let demoModels = [
        "  # Answers without a language model; the prices are made up.",
        "  \(demoModel):",
        "    display_name: Demo (no language model)",
        "    context_window: 200000",
        "    max_output_tokens: 4096",
        "    hosts:",
        "      - provider: demo-anthropic",
        "        price: {input: 3, output: 15}",
        "      - provider: demo-openai",
        "        price: {input: 3, output: 15}",
    ]
}

/// One piece of a configuration file: a top-level key's line, or an entry two spaces in, with the comments before it.
struct SampleEntry {
    let name: String
    let isSectionHead: Bool
    private(set) var lines: [String]

    /// The pieces of `lines`, nothing left out.
    static func all(in lines: [String]) -> [SampleEntry] {
        var entries = [SampleEntry(name: "", isSectionHead: true, lines: [])]
        var comments: [String] = []
        for line in lines {
            let indent = line.prefix { $0 == " " }.count
            let isKey = indent < line.count && !line.dropFirst(indent).hasPrefix("#") && (indent == 0 || indent == 2)
            if isKey {
                let name = String(line.dropFirst(indent).prefix { $0 != ":" })
                entries.append(SampleEntry(name: name, isSectionHead: indent == 0, lines: comments + [line]))
                comments = []
            } else if indent <= 2 {
                comments.append(line)
            } else {
                entries[entries.count - 1].lines += comments + [line]
                comments = []
            }
        }
        entries[entries.count - 1].lines += comments
        return entries
    }

    /// The values written after `key:` in this piece.
    func values(of key: String) -> [String] {
        lines.compactMap { line in
            let text = line.drop { $0 == " " }
            guard text.hasPrefix("\(key):") else { return nil }
            return text.dropFirst(key.count + 1).split(separator: " ").first.map(String.init)
        }
    }

    /// Every line that is not a comment already behind `# `, at the entry's own indentation.
    var commentedOut: [String] {
        lines.map { line in
            guard line.hasPrefix("  "), line.count > 2, !line.hasPrefix("  #") else { return line }
            return "  # " + line.dropFirst(2)
        }
    }
}
