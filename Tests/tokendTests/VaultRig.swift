// VaultRig: a vault that answers on a real socket, with its file on a disk in memory and a token endpoint that can be told what
// to do.

import Connections
import DaemonKit
import IPC
import Logging
import NIOCore
import NIOPosix
import Refresh
import Storage
import Support
import Synchronization
import Tenancy
import Testing
import Vault

@testable import ProviderCatalog
@testable import tokend

/// One vault and as many askers as a test wants. `stop` ends everything.
final class VaultRig {
    let faulty = FaultyFiles()
    let authority: FakeAuthority
    let log = LogLines()
    private let folder = ScratchFolder("tokend")
    private(set) var vault: OpenVault
    private var clients: [AsyncTokenClient] = []
    private var settings: VaultSettings

    static let loop = MultiThreadedEventLoopGroup.singleton.next()

    init(_ change: (inout VaultSettings) -> Void = { _ in }) throws {
        authority = try FakeAuthority()
        settings = VaultSettings(policy: .development(), ring: .test(), book: .test(port: authority.port))
        change(&settings)
        vault = try Self.open(folder.path, faulty, settings, log)
    }

    var socket: String { folder.path + "/tokend.sock" }

    private static func open(
        _ folder: String, _ faulty: FaultyFiles, _ settings: VaultSettings, _ log: LogLines
    ) throws -> OpenVault {
        let identity = PeerIdentity(role: .tokend, instance: .random(in: .min ... .max), build: "test")
        return try OpenVault.open(
            VaultOptions(
                path: "/token.db", fileLayer: faulty.name, address: .path(folder + "/tokend.sock"), settings: settings,
                process: .init(
                    startedAt: UnixMillis(5), identity: identity, copyPath: folder + "/token.db.copy", isLocked: false,
                    reload: { $0(TokenReloadAnswer(accepted: true, text: "")) }), log: log.logger))
    }

    func asker(_ role: PeerRole = .weirctl) async -> AsyncTokenClient {
        let client = await AsyncTokenClient(
            path: socket, eventLoop: Self.loop, identity: PeerIdentity(role: role, instance: 1, build: "test"),
            settings: LinkSettings(seed: UInt64(clients.count), patience: .seconds(10)))
        clients.append(client)
        return client
    }

    /// Closes the vault and opens it again, with other settings if these are changed.
    func restart(_ change: (inout VaultSettings) -> Void = { _ in }) async throws {
        try vault.close()
        try await reopen(change)
    }

    /// After `vault.close()`. Ends when every asker has found the new one: what is asked on the old connection may be lost.
    func reopen(_ change: (inout VaultSettings) -> Void = { _ in }) async throws {
        change(&settings)
        vault = try Self.open(folder.path, faulty, settings, log)
        for client in clients { try await until("a connection") { (try? await client.status()) != nil } }
    }

    /// Reads other settings in, as a reload does. When they are refused, the old ones hold.
    func reload(_ change: (inout VaultSettings) -> Void) throws {
        var changed = settings
        change(&changed)
        try vault.adopt(changed)
        settings = changed
    }

    func stop() async throws {
        for client in clients { await client.stop() }
        authority.stop()
        try vault.close()
    }
}

/// Runs `body` with a vault and stops it whatever happens.
func withVault(
    _ change: (inout VaultSettings) -> Void = { _ in }, _ body: (VaultRig) async throws -> Void
) async throws {
    let rig = try VaultRig(change)
    do {
        try await body(rig)
    } catch {
        try? await rig.stop()
        throw error
    }
    try await rig.stop()
}

/// Makes accounts whose tokens end at `end` milliseconds from now, some hundred to a transaction.
func fill(_ store: Store, _ count: Int, tenants: Int = 1, end: (Int) -> Int64) throws {
    let now = Clock.wall()
    for first in stride(from: 0, to: count, by: 500) {
        try store.database.transaction { () throws(StorageError) in
            for number in first..<min(first + 500, count) {
                let account = NewAccount(
                    key: named("n\(number)", of: "t\(number % tenants)"), kind: .oauth, state: .active,
                    refreshes: true, expiry: UnixMillis(now.value + end(number)), endpoint: nil, client: nil,
                    user: "", label: "n\(number)", scopes: "read", facts: [],
                    secrets: AccountSecrets(
                        secret: Secret("a.n\(number).0".utf8), refreshToken: Secret("r.n\(number).0".utf8)),
                    replaces: false, source: "test")
                _ = try store.put(account, atMost: .max, at: now)
            }
        }
    }
}

/// What was logged, line by line.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    /// Lines with that value in the field `alert`.
    func alerts(_ alert: String) -> [String] { all.filter { $0.contains("alert=\(alert) ") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.lines.withLock { $0.append("\(event.level) \(event.message) \(fields.joined(separator: " ")) ") }
        }
    }
}

extension KeyRing {
    /// The ring of key `number`, with older ones behind it.
    static func test(_ number: UInt8 = 1, older: [UInt8] = []) -> KeyRing {
        func key(_ number: UInt8) -> SealingKey {
            let material = (0..<32).map { number &* 17 &+ UInt8($0) }
            return material.withUnsafeBytes { try! SealingKey(material: $0.bytes) }
        }
        return try! KeyRing(active: key(number), older: older.map(key))
    }
}

extension ProviderBook {
    /// One provider, `acme`, whose token endpoint is at `port`; it takes every kind.
    static func test(port: Int, _ change: (inout ProviderDefinition) -> Void = { _ in }) -> ProviderBook {
        let id = ProviderID("acme")!
        let base = "http://127.0.0.1:\(port)"
        var provider = ProviderDefinition(
            id: id, displayName: "Acme", baseURL: try! AddressTemplate(base + "/api"),
            auth: [
                AuthRule(.oauth2, .bearer), AuthRule(.apiKey, .bearer), AuthRule(.clientCredentials, .bearer),
                AuthRule(.basic, .basic),
            ])
        provider.oauth = try! OAuthDefinition(
            authorizeURL: WebAddress(base + "/authorize"), tokenURL: WebAddress(base + "/token"))
        provider.oauth?.refreshLead = .seconds(1)
        provider.main.allow = [try! PathRule("ANY /**")]
        provider.test = try! ProbeRequest("GET /me")
        change(&provider)
        let client = ProviderClient(
            registration: ClientRegistration(id: "weir", secret: SecretText("client-secret"))!, scopes: ["read"])
        return ProviderBook(table: try! ProviderTable([provider]), clients: [id: client])
    }
}

func named(_ name: String, of tenant: String = "brook", at provider: String = "acme") -> AccountKey {
    AccountKey(tenant: TenantID(tenant)!, provider: ProviderID(provider)!, account: AccountName(name)!)
}

extension TokenPutRequest {
    /// An account with a refresh token, whose access token ends in `seconds`; without them it is asked for at once.
    static func oauth(_ name: String, endsIn seconds: Int64? = nil, replace: Bool = false) -> TokenPutRequest {
        let end = seconds.map { UnixMillis(Clock.wall().value + $0 * 1000) }
        return TokenPutRequest(
            account: named(name), kind: .oauth, label: "", secret: SecretField(seconds == nil ? "" : "a.\(name).0"),
            user: "", refreshToken: SecretField("r.\(name).0"), clientID: "", clientSecret: SecretField(""),
            tokenEndpoint: "", scopes: "", expiresAt: end, metadata: [], replace: replace, source: "test")
    }

    static func key(_ name: String, _ secret: String, of tenant: String = "brook", replace: Bool = false)
        -> TokenPutRequest
    {
        TokenPutRequest(
            account: named(name, of: tenant), kind: .apiKey, label: "Key", secret: SecretField(secret), user: "",
            refreshToken: SecretField(""), clientID: "", clientSecret: SecretField(""), tokenEndpoint: "", scopes: "",
            expiresAt: nil, metadata: [], replace: replace, source: "test")
    }
}

/// Waits until `condition` holds, looking every few milliseconds, for at most `seconds`.
func until(_ what: String, within seconds: Int = 20, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("\(what) within \(seconds) s")
            throw WaitedInVain(what: what)
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

struct WaitedInVain: Error {
    let what: String
}

/// A gatewayd's view: what it was told last of each account.
actor WatchedCredentials {
    private(set) var items: [AccountKey: CredentialChange] = [:]
    private(set) var changes: [CredentialChange] = []
    private(set) var isComplete = false
    private(set) var isOver = false

    /// Takes a watch's items until it ends.
    func follow(_ client: AsyncTokenClient) async {
        do {
            for try await change in client.watch() { take(change) }
        } catch {}
        isOver = true
    }

    private func take(_ change: CredentialChange) {
        changes.append(change)
        guard let account = change.account else { return isComplete = true }
        items[account] = change
    }

    func secret(_ account: AccountKey) -> String? {
        items[account].flatMap { $0.kind == .none ? nil : $0.secret.text }
    }
}
