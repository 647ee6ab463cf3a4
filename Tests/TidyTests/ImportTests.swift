// Imports: who may name whom, file by file.
//
// SwiftPM checks only that an imported target is reachable, so a daemon could import whatever an edge happens to pull
// in. This table is narrower: it is the architecture. A row changes when docs/ARCHITECTURE.md changes, not when a
// file needs something.

import Testing

@Suite struct ImportTests {
    /// Module → what its files may import beside the Swift standard library.
    static let table: [String: Set<String>] = [
        // Cores: rules as values. Only other cores, downwards.
        "Money": [], "Tenancy": [], "JSON": [], "Metrics": [],
        "Ledger": ["Money", "Tenancy"],
        "Routing": ["Money", "Tenancy"],
        "Translation": ["Money", "JSON"],
        "Refresh": ["Tenancy"],
        "Connections": ["Tenancy", "JSON"],
        "AgentTools": ["Tenancy", "JSON", "Connections"],
        "OAuthServer": ["Tenancy", "JSON", "Connections"],
        // Edges: one kind of I/O each, no rule module.
        "Hashing": ["COpenSSL"],
        "Vault": ["COpenSSL", "Hashing", "Glibc", "Synchronization"],
        "Storage": ["CSQLite", "Glibc"],
        "IPC": ["Money", "Tenancy", "Metrics", "NIOCore", "NIOPosix", "Glibc", "Synchronization"],
        "HTTP": ["NIOCore", "NIOPosix", "NIOSSL", "NIOTLS", "CZlib", "Glibc", "Synchronization"],
        "DaemonKit": ["Metrics", "Logging", "CYAML", "CSystemd", "Glibc", "Synchronization"],
        // Reads what Connections decides by: the one edge that knows a core's values, and none of its rules.
        "ProviderCatalog": ["Tenancy", "Connections", "DaemonKit", "HTTP"],
        // Daemons. The absences carry the design: gatewayd has no Ledger, walletd no HTTP.
        "gatewayd": [
            "Money", "Tenancy", "JSON", "Metrics", "Translation", "Routing", "Connections", "ProviderCatalog",
            "AgentTools", "OAuthServer",
            "Hashing", "IPC", "HTTP", "Storage", "DaemonKit", "NIOCore", "NIOPosix", "Logging", "Glibc",
            "Synchronization",
        ],
        "walletd": [
            "Money", "Tenancy", "Metrics", "Ledger", "IPC", "Storage", "DaemonKit", "NIOCore", "NIOPosix", "Logging",
            "Glibc", "Synchronization",
        ],
        "tokend": [
            "Tenancy", "JSON", "Metrics", "Refresh", "Connections", "ProviderCatalog", "Hashing", "Vault", "IPC",
            "HTTP",
            "Storage", "DaemonKit", "NIOCore", "NIOPosix", "Logging", "Glibc", "Synchronization",
        ],
        "weirctl": [
            "Money", "Tenancy", "JSON", "Metrics", "Hashing", "IPC", "Storage", "DaemonKit", "ArgumentParser",
            "NIOCore", "NIOPosix", "Logging", "Glibc",
            "Synchronization", "Foundation", "FoundationEssentials",
        ],
        "weir-demo-upstream": ["HTTP", "JSON", "NIOCore", "NIOPosix", "Glibc"],
        // Module maps of system libraries.
        "CYAML": [], "CSystemd": [], "COpenSSL": [], "CSQLite": [], "CZlib": [],
    ]

    @Test func files_importOnlyWhatTheirModuleMay() {
        var findings = Findings()
        for file in SourceTree.sources {
            let allowed = Self.table[file.module] ?? []
            for module in Self.imports(of: file) {
                findings.expect(
                    allowed.contains(module), "\(file.path) imports \(module), which \(file.module) may not")
            }
        }
        findings.report("imports follow the table")
    }

    /// What decides in an edge decides without it.
    @Test func rulesInEdges_importNothing() {
        for folder in SourceTree.ruleFolders {
            let files = SourceTree.sources.filter { $0.path.hasPrefix(folder) }
            #expect(!files.isEmpty, "\(folder) holds rules")
            for file in files { #expect(Self.imports(of: file) == [], "\(file.path)") }
        }
    }

    @Test func table_hasNoRowWithoutAModule() {
        let libraries = ["CYAML", "CSystemd", "COpenSSL", "CSQLite", "CZlib"]
        #expect(Set(Self.table.keys).subtracting(libraries) == Set(SourceTree.modules))
    }

    /// What a daemon must not be able to name, whatever the table says some day.
    @Test func absences_thatCarryTheDesign_areThere() {
        for (module, absent) in [
            ("gatewayd", "Ledger"), ("walletd", "HTTP"), ("walletd", "JSON"), ("DaemonKit", "IPC"),
            ("DaemonKit", "NIOCore"),
        ] {
            #expect(Self.table[module]?.contains(absent) == false)
        }
        for core in SourceTree.cores {
            #expect(Self.table[core]?.isSubset(of: SourceTree.cores) == true)
        }
    }

    /// Who can name Vault can unseal: tokend alone.
    @Test func vault_isImportedByNobodyButTokend() {
        #expect(Self.table.filter { $0.value.contains("Vault") && $0.key != "tokend" }.isEmpty)
    }

    static func imports(of file: SourceFile) -> [String] {
        file.codeLines.compactMap { line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count else { return nil }
            let before = words[..<position]
            let isImport = before.allSatisfy {
                $0.hasPrefix("@") || ["public", "package", "internal", "private", "fileprivate"].contains($0)
            }
            guard isImport else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
            let rest = words[(position + 1)...].drop { kinds.contains(String($0)) }
            return rest.first.map { String($0.split(separator: ".")[0]) }
        }
    }

    /// The parser itself: an import it does not see is a hole in the table.
    @Test(arguments: [
        ("import A", ["A"]), ("public import A", ["A"]), ("@testable import A", ["A"]),
        ("@preconcurrency public import A", ["A"]),
        ("import struct A.B", ["A"]), ("import A.B", ["A"]), ("// import A", []), ("let text = \"import A\"", []),
        ("  import A", ["A"]),
        ("@_exported import A", ["A"]), ("important A", []),
    ])
    func imports_areSeenInEveryForm(line: String, modules: [String]) {
        let file = SourceFile(path: "Sources/M/F.swift", text: line, code: CodeText.blanked(line))
        #expect(Self.imports(of: file) == modules)
    }
}
