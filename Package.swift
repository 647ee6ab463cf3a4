// swift-tools-version: 6.1
// Weir's targets in three tables: cores (pure rules), edges (one kind of I/O each), daemons (thin shells).
// What each may import is written here once and held file by file by TidyTests.

import PackageDescription

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let cores: [(name: String, imports: [Target.Dependency])] = [
    ("Money", []),
    ("Tenancy", []),
    ("JSON", []),
    ("Metrics", []),
    ("Ledger", ["Money", "Tenancy"]),
    ("Routing", ["Money", "Tenancy"]),
    ("Translation", ["Money", "JSON"]),
    ("Refresh", ["Tenancy"]),
    ("Connections", ["Tenancy", "JSON"]),
    ("AgentTools", ["Tenancy", "JSON", "Connections"]),
    ("OAuthServer", ["Tenancy", "JSON", "Connections"]),
]

let edges: [(name: String, imports: [Target.Dependency])] = [
    ("Hashing", ["COpenSSL"]),
    ("Vault", ["COpenSSL", "Hashing"]),
    ("Storage", ["CSQLite"]),
    ("IPC", ["Money", "Tenancy", "Metrics"] + nio),
    ("HTTP", ["CZlib"] + nio + [nioSSL, nioTLS]),
    ("DaemonKit", ["Metrics", "CYAML", "CSystemd", logging]),
    ("ProviderCatalog", ["Tenancy", "Connections", "DaemonKit", "HTTP"]),
]

let systemLibraries: [(name: String, pkgConfig: String, package: String)] = [
    ("CSQLite", "sqlite3", "libsqlite3-dev"),
    ("COpenSSL", "openssl", "libssl-dev"),
    ("CSystemd", "libsystemd", "libsystemd-dev"),
    ("CYAML", "yaml-0.1", "libyaml-dev"),
    ("CZlib", "zlib", "zlib1g-dev"),
]

let daemons: [(name: String, imports: [Target.Dependency])] = [
    (
        "gatewayd",
        [
            "Money", "Tenancy", "JSON", "Metrics", "Translation", "Routing", "Connections", "ProviderCatalog",
            "AgentTools", "OAuthServer",
            "Hashing", "IPC", "HTTP", "Storage", "DaemonKit", logging,
        ]
            + nio
    ),
    ("walletd", ["Money", "Tenancy", "Metrics", "Ledger", "IPC", "Storage", "DaemonKit", logging] + nio),
    (
        "tokend",
        [
            "Tenancy", "JSON", "Metrics", "Refresh", "Connections", "ProviderCatalog", "Hashing", "Vault", "IPC",
            "HTTP",
            "Storage", "DaemonKit", logging,
        ]
            + nio
    ),
    (
        "weirctl",
        [
            "Money", "Tenancy", "JSON", "Metrics", "Hashing", "IPC", "Storage", "DaemonKit", argumentParser,
        ] + nio
    ),
    ("weir-demo-upstream", ["HTTP", "JSON"] + nio),
]

let tests: [(name: String, imports: [Target.Dependency])] = [
    ("MoneyTests", ["Money"]),
    ("TenancyTests", ["Tenancy"]),
    ("JSONTests", ["JSON"]),
    ("MetricsTests", ["Metrics"]),
    ("LedgerTests", ["Ledger", "Money", "Tenancy"]),
    ("RoutingTests", ["Routing", "Money", "Tenancy"]),
    ("TranslationTests", ["Translation", "JSON", "Money"]),
    ("RefreshTests", ["Refresh", "Tenancy"]),
    ("ConnectionsTests", ["Connections", "Tenancy", "JSON", "Hashing"]),
    ("AgentToolsTests", ["AgentTools", "Connections", "Tenancy", "JSON"]),
    ("OAuthServerTests", ["OAuthServer", "Connections", "Tenancy", "JSON", "Hashing"]),
    ("HashingTests", ["Hashing"]),
    ("VaultTests", ["Vault"]),
    ("StorageTests", ["Storage", "CSQLite"]),
    ("IPCTests", ["IPC", "Money", "Tenancy", "Metrics", nioEmbedded] + nio),
    ("HTTPTests", ["HTTP", "CZlib", nioHTTP1, nioEmbedded, nioSSL] + nio),
    ("DaemonKitTests", ["DaemonKit", "Metrics", logging]),
    ("ProviderCatalogTests", ["ProviderCatalog", "Connections", "Tenancy", "JSON", "DaemonKit"]),
    (
        "walletdTests",
        [
            "walletd", "WalletStorm", "Ledger", "Money", "Tenancy", "Metrics", "IPC", "Storage", "DaemonKit", logging,
        ] + nio
    ),
    (
        "gatewaydTests",
        [
            "gatewayd", "Money", "Tenancy", "JSON", "Metrics", "Translation", "Routing", "Connections",
            "ProviderCatalog", "AgentTools", "OAuthServer", "Refresh", "Hashing", "IPC", "HTTP", "Storage", "DaemonKit",
            logging, nioEmbedded,
        ] + nio
    ),
    (
        "tokendTests",
        [
            "tokend", "WalletStorm", "Tenancy", "JSON", "Metrics", "Refresh", "Connections", "ProviderCatalog",
            "Hashing",
            "Vault", "IPC", "HTTP", "Storage", "DaemonKit", logging, nioHTTP1,
        ] + nio
    ),
    (
        "weirctlTests",
        [
            "weirctl", "Money", "Tenancy", "JSON", "Metrics", "IPC", "Storage", "DaemonKit", argumentParser,
        ] + nio
    ),
    ("TidyTests", []),
]

/// What several tests share. `Support` goes to every test target.
let testSupport: [(name: String, path: String, imports: [Target.Dependency])] = [
    ("Support", "Tests/Support", ["CSQLite", "Ledger", "Metrics", "Money", "Tenancy"]),
    ("WalletStorm", "Tests/WalletStorm", ["Support", "IPC", "Money", "Tenancy"] + nio),
]

/// Programs of `make bench`; in this package so that they are built once, with everything else.
let benchmarks: [(name: String, path: String, imports: [Target.Dependency])] = [
    ("wallet-bench", "Benchmarks/Wallet/Sources/wallet-bench", ["IPC", "Money", "Tenancy"] + nio),
    ("ipc-bench", "Benchmarks/IPC/Sources/ipc-bench", ["IPC", "Money", "Tenancy"] + nio),
]

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "weir",
    products: daemons.map { .executable(name: $0.name, targets: [$0.name]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: cores.map { .target(name: $0.name, dependencies: $0.imports, swiftSettings: strict) }
        + edges.map { .target(name: $0.name, dependencies: $0.imports, swiftSettings: strict) }
        + systemLibraries.map {
            .systemLibrary(name: $0.name, pkgConfig: $0.pkgConfig, providers: [.apt([$0.package])])
        }
        + daemons.map { .executableTarget(name: $0.name, dependencies: $0.imports, swiftSettings: strict) }
        + benchmarks.map {
            .executableTarget(name: $0.name, dependencies: $0.imports, path: $0.path, swiftSettings: strict)
        }
        + testSupport.map { .target(name: $0.name, dependencies: $0.imports, path: $0.path, swiftSettings: strict) }
        + tests.map {
            .testTarget(
                name: $0.name, dependencies: $0.imports + ["Support"],
                exclude: $0.name == "TranslationTests" ? ["Fixtures"] : [], swiftSettings: strict)
        }
)
