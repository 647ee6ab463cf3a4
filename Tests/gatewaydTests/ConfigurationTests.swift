// gatewayd's configuration: the sample is good, the document is true, and a broken file is told about in full.

import DaemonKit
import Foundation
import Money
import Routing
import Testing

@testable import gatewayd

@Suite struct ConfigurationTests {
    /// The repository's root, from this file's place in it.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func contents(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    static func problems(_ text: String) -> [String] {
        do throws(ConfigRefusal) {
            _ = try ConfigFile<GatewaydConfiguration>(text: text, name: "weir.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func sample_whenRead_isGood() throws {
        let configuration = try ConfigFile<GatewaydConfiguration>(text: Self.contents("deploy/weir.yaml")).configuration
        #expect(configuration.listeners.map(\.address.description) == ["127.0.0.1:8080"])
        #expect(configuration.walletSocket == "/run/weir/walletd.sock")
        #expect(configuration.rates.key == RateLimit(requestsPerMinute: 600, burst: 100))
        #expect(configuration.rates.tenant == RateLimit(requestsPerMinute: 6000))
        #expect(configuration.providers.map(\.name) == ["anthropic", "openai", "local"])
        #expect(configuration.providers.map(\.authentication) == [.apiKeyField, .bearer, .none])
        #expect(configuration.providers.map(\.onClientGone) == [.cancel, .drain, .cancel])
        #expect(configuration.providers[2].baseURL == UpstreamURL("http://127.0.0.1:11434/v1"))
        let sonnet = configuration.catalog.resolve("Sonnet[1m]")
        #expect(sonnet?.hosts[0].upstreamModel == "claude-sonnet-4-5-20250929")
        #expect(sonnet?.hosts[0].prices.cacheWrite1h == PricePerMillion(dollars: "6"))
        let small = configuration.catalog.resolve("gpt-5-mini")?.hosts[0].prices
        #expect(small?.cacheWrite5m == PricePerMillion(dollars: "0.25"), "as input when left out")
    }

    @Test func sample_printedReadAndPrinted_isTheSame() throws {
        let first = try ConfigFile<GatewaydConfiguration>(text: Self.contents("deploy/weir.yaml")).printed
        let second = try ConfigFile<GatewaydConfiguration>(text: first).printed
        #expect(first == second)
        #expect(first.contains("credential: {systemd: anthropic-key}"))
        #expect(first.contains("cache_write_1h: 6.00"))
    }

    @Test func document_namesEveryKeyWithItsFormDefaultAndMeaning() throws {
        let document = try Self.contents("docs/CONFIGURATION.md").split(separator: "\n").map(String.init)
        let elsewhere = ["walletd", "connections"]
        for row in ConfigReference.rows(GatewaydConfiguration.layout)
        where !elsewhere.contains(where: row.path.hasPrefix) {
            #expect(document.contains(row.markdown), "missing in docs/CONFIGURATION.md:\n\(row.markdown)")
        }
    }

    @Test func document_namesNoKeyThatIsNotThere() throws {
        let known = Set(ConfigReference.rows(GatewaydConfiguration.layout).map(\.path))
        for line in try Self.contents("docs/CONFIGURATION.md").split(separator: "\n") where line.hasPrefix("| `") {
            let path = String(line.dropFirst(3).prefix { $0 != "`" })
            #expect(
                known.contains(path) || ["walletd", "tokend"].contains(where: path.hasPrefix),
                "docs/CONFIGURATION.md has \(path)")
        }
    }

    /// The sample with one line changed: what was written, what is written instead, and what is said about it.
    @Test(arguments: [
        ("    - 127.0.0.1:8080", "    - 8080", "gatewayd.listen[0].address: expected an address and port"),
        (
            "    - 127.0.0.1:8080", "    - 127.0.0.1:8080\n    - 127.0.0.1:8080",
            "gatewayd.listen[1].address: 127.0.0.1:8080 is listed twice"
        ),
        (
            "    - 127.0.0.1:8080", "    - {address: '0.0.0.0:1', tls: {certificate: a}}",
            "gatewayd.listen[0].tls.private_key: missing"
        ),
        ("gatewayd:\n", "gatewayd:\n  threads: 65\n", "gatewayd.threads: 65 is out of range"),
        (
            "gatewayd:\n", "gatewayd:\n  metrics_listen: 127.0.0.1:8080\n",
            "gatewayd.metrics_listen: 127.0.0.1:8080 is for clients; metrics have an address of their own"
        ),
        ("gatewayd:\n", "gatewayd:\n  metrics_listen: 9464\n", "gatewayd.metrics_listen: expected an address and port"),
        ("gatewayd:\n", "gatewayd:\n  treads: 1\n", "gatewayd.treads: unknown key; did you mean \"threads\"?"),
        ("gatewayd:\n", "gatewayd:\n  limits: {body: 32MB}\n", "gatewayd.limits.body: expected a size"),
        ("gatewayd:\n", "gatewayd:\n  timeouts: {body_idle: 10m}\n", "gatewayd.timeouts.body_idle: longer than body"),
        (
            "gatewayd:\n", "gatewayd:\n  estimate: {text_bytes_per_token: 0.1}\n",
            "gatewayd.estimate.text_bytes_per_token: 0.1 is out of range"
        ),
        ("gatewayd:\n", "gatewaid:\n", "gatewaid: unknown key; did you mean \"gatewayd\"?"),
        ("/run/weir/gatewayd.sock", "/run/weir/walletd.sock", "gatewayd.socket: the same socket as walletd's"),
        ("/var/lib/weir/gatewayd", "/var/lib/weir/walletd", "gatewayd.state_directory: the same folder as walletd's"),
        ("log_level: info", "log_level: loud", "gatewayd.log_level: expected trace or debug"),
        ("drain_limit: 30s", "drain_limit: 30", "gatewayd.drain_limit: expected a duration"),
        ("    tenant: 6000", "    tenant: 0", "gatewayd.rate_limits.tenant.requests_per_minute: 0 is out of range"),
        (
            "      burst: 100", "      bursts: 100",
            "gatewayd.rate_limits.key.bursts: unknown key; did you mean \"burst\"?"
        ),
        ("dialect: anthropic", "dialect: claude", "providers.anthropic.dialect: expected anthropic or openai"),
        ("https://api.anthropic.com", "api.anthropic.com", "providers.anthropic.base_url: expected a URL"),
        (
            "https://api.anthropic.com", "https://me:pw@api.anthropic.com",
            "providers.anthropic.base_url: a URL here holds no user"
        ),
        ("https://api.anthropic.com", "https://api.anthropic.com/?a=b", "providers.anthropic.base_url: expected a URL"),
        (
            "{systemd: anthropic-key}", "sk-ant-api03-secret",
            "providers.anthropic.credential: expected none, {file: PATH}"
        ),
        (
            "{systemd: anthropic-key}", "{systemd: ../key}",
            "providers.anthropic.credential.systemd: a credential name contains no slash"
        ),
        ("{systemd: anthropic-key}", "{env: KEY}", "providers.anthropic.credential.env: unknown key"),
        ("{systemd: anthropic-key}", "none\n    auth: bearer", "providers.anthropic.auth: needs a credential"),
        (
            "{systemd: anthropic-key}", "{systemd: k}\n    auth: none",
            "providers.anthropic.auth: leaves the credential unused"
        ),
        (
            "{systemd: anthropic-key}", "none\n    headers: {X-Api-Key: sk}",
            "providers.anthropic.headers.X-Api-Key: as a name: secrets are not written here"
        ),
        (
            "{systemd: anthropic-key}", "none\n    headers: {Host: x}",
            "providers.anthropic.headers.Host: as a name: set by the gateway itself"
        ),
        (
            "{systemd: anthropic-key}", "none\n    headers: {x: \"a\\r\\nb\"}",
            "providers.anthropic.headers.x: control characters"
        ),
        ("on_client_gone: drain", "on_client_gone: wait", "providers.openai.on_client_gone: expected cancel or drain"),
        ("first_byte: 5m", "first_byte: 2h", "providers.local.timeouts.first_byte: 2h is out of range"),
        ("first_byte: 5m", "total: 1m", "providers.local.timeouts.idle: longer than total"),
        ("  local:\n    dialect", "  Local:\n    dialect", "providers.Local: as a name: expected a-z"),
        (
            "context_window: 131072", "context_window: 128k",
            "models.gpt-oss-20b.context_window: expected a whole number"
        ),
        (
            "context_window: 131072", "context_window: 1000",
            "models.gpt-oss-20b.max_output_tokens: larger than the context window of 1000"
        ),
        ("    max_output_tokens: 32768\n", "", "models.gpt-oss-20b.max_output_tokens: missing"),
        (
            "capabilities: [tools, reasoning]", "capabilities: [tool]",
            "models.gpt-oss-20b.capabilities[0]: expected tools or vision"
        ),
        (
            "provider: local", "provider: locall",
            "models.gpt-oss-20b.hosts[0].provider: there is no provider \"locall\""
        ),
        (
            "{input: 0, output: 0}", "{input: 0.0000001, output: 0}",
            "models.gpt-oss-20b.hosts[0].price.input: expected dollars"
        ),
        (
            "{input: 0, output: 0}", "{input: -1, output: 0}",
            "models.gpt-oss-20b.hosts[0].price.input: expected dollars"
        ),
        (
            "{input: 0, output: 0}", "{input: 1e-3, output: 0}",
            "models.gpt-oss-20b.hosts[0].price.input: expected dollars"
        ),
        (
            "{input: 0, output: 0}", "{input: $3, output: 0}",
            "models.gpt-oss-20b.hosts[0].price.input: expected dollars"
        ),
        (
            "{input: 0, output: 0}", "{input: '3', output: 0}",
            "models.gpt-oss-20b.hosts[0].price.input: expected dollars"
        ),
        ("{input: 0, output: 0}", "{input: 0}", "models.gpt-oss-20b.hosts[0].price.output: missing"),
        (
            "{input: 0, output: 0}", "{input: 0, output: 0, cached: 0}",
            "models.gpt-oss-20b.hosts[0].price.cached: unknown key"
        ),
        ("  local: gpt-oss-20b", "  local: gpt-oss-200b", "aliases.local: there is no model \"gpt-oss-200b\""),
        ("  local: gpt-oss-20b", "  local: sonnet", "aliases.local: \"sonnet\" is itself an alias"),
        (
            "  local: gpt-oss-20b", "  GPT-5: gpt-oss-20b",
            "aliases.GPT-5: the name is taken by model or alias \"gpt-5\""
        ),
        ("  local: gpt-oss-20b", "  sonnet: gpt-oss-20b", "aliases.sonnet: duplicate key"),
        ("  local: gpt-oss-20b", "  a[1m]: gpt-oss-20b", "aliases.\"a[1m]\": as a name: expected letters"),
        (
            "# peers:", "peers: {weirctl: no-such-user-here}\n# peers:",
            "peers.weirctl[0]: no user \"no-such-user-here\""
        ),
        ("# peers:", "peers: {postman: root}\n# peers:", "peers.postman: as a name: expected gatewayd or walletd"),
    ])
    func sample_withOneChange_isRefusedWithPlaceKeyAndReason(before: String, after: String, problem: String) throws {
        let good = try Self.contents("deploy/weir.yaml")
        let range = try #require(good.range(of: before), "the sample still has \(before)")
        let problems = Self.problems(good.replacingCharacters(in: range, with: after))
        let expected = try #require(problems.first { $0.contains(": \(problem)") }, "\(problems)")
        let place = expected.split(separator: ":").prefix(3)
        #expect(place[0] == "weir.yaml" && Int(place[1]) ?? 0 > 1 && Int(place[2]) ?? 0 > 0, "\(expected)")
        #expect(!problems.joined().contains("sk-ant"))
    }

    /// A section that belongs to walletd is walletd's to judge; what gatewayd needs of it is not.
    @Test func walletdsSection_isReadForItsSocketOnly() throws {
        let good = try Self.contents("deploy/weir.yaml")
        #expect(
            Self.problems(good.replacing("walletd:\n", with: "walletd:\n  batch_max: soon\n", maxReplacements: 1)) == []
        )
        let problems = Self.problems(good.replacing("/run/weir/walletd.sock", with: "[1]", maxReplacements: 1))
        #expect(problems.count == 1 && problems[0].contains("walletd.socket: expected a path of a Unix socket"))
    }

    @Test func manyMistakes_ofAllKinds_areReportedTogether() {
        let text = """
            gatewayd:
              listen: [nowhere]
              threads: -1
            providers:
              a: {dialect: french, base_url: ftp://x, credential: sk}
            models:
              m:
                context_window: 10
                hosts:
                  - {provider: b, price: {input: x, output: 1}}
            aliases: {n: o}
            extra: 1
            """
        let paths = Self.problems(text).map { $0.split(separator: " ")[1] }
        #expect(
            paths == [
                "gatewayd.listen[0].address:", "gatewayd.threads:", "providers.a.dialect:", "providers.a.base_url:",
                "providers.a.credential:", "models.m.max_output_tokens:", "models.m.hosts[0].provider:",
                "models.m.hosts[0].price.input:", "aliases.n:", "extra:",
            ])
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1:8081", ["gatewayd.listen"]),
        ("drain_limit: 30s", "drain_limit: 31s", ["gatewayd.drain_limit"]),
        ("/run/weir/gatewayd.sock", "/run/weir/g.sock", ["gatewayd.socket"]),
        ("/var/lib/weir/gatewayd", "/var/lib/weir/g", ["gatewayd.state_directory"]),
        ("/run/weir/walletd.sock", "/run/weir/w.sock", ["walletd.socket"]),
        ("gatewayd:\n", "gatewayd:\n  threads: 3\n", ["gatewayd.threads"]),
        ("gatewayd:\n", "gatewayd:\n  retention_days: 3\n", ["gatewayd.retention_days"]),
        (
            "gatewayd:\n", "gatewayd:\n  limits: {connections: 3, head: 8KiB}\n",
            ["gatewayd.limits.connections", "gatewayd.limits.head"]
        ),
        ("gatewayd:\n", "gatewayd:\n  timeouts: {write_idle: 3s}\n", ["gatewayd.timeouts"]),
        ("# peers:", "peers: {weirctl: [4711]}\n# peers:", ["peers"]),
        (
            "gatewayd:\n",
            "gatewayd:\n  timeouts: {stream_ping: 3s}\n  limits: {body: 1MiB, answer: 1MiB, requests: 3}\n", []
        ),
        ("log_level: info", "log_level: debug", []), ("tenant: 6000", "tenant: 1", []),
        ("output: 15}", "output: 16}", []),
    ])
    func change_thatAReloadCannotApply_isNamed(before: String, after: String, named: [String]) throws {
        let good = try Self.contents("deploy/weir.yaml")
        let old = try ConfigFile<GatewaydConfiguration>(text: good).configuration
        let changed = good.replacing(before, with: after, maxReplacements: 1)
        #expect(changed != good)
        let new = try ConfigFile<GatewaydConfiguration>(text: changed).configuration
        #expect(new.needingRestart(comparedWith: old) == named)
    }

    @Test(arguments: [
        ("https://api.example.com", true, "api.example.com", 443, ""),
        ("http://localhost:11434/v1/", false, "localhost", 11434, "/v1"),
        ("https://[::1]", true, "::1", 443, ""),
        ("https://[::1]:8443/a/b", true, "::1", 8443, "/a/b"),
    ])
    func url_isTakenApart(text: String, isSecure: Bool, host: String, port: Int, path: String) throws {
        let url = try #require(UpstreamURL(text))
        #expect(url.isSecure == isSecure && url.host == host && url.port == port && url.path == path)
        #expect(UpstreamURL(url.description) == url)
    }

    @Test(arguments: [
        "https://", "https:///x", "https://a:0", "https://a:99999", "https://a b", "ftp://a", "https://a/b c",
        "https://a/#x",
    ])
    func url_thatIsNone_isRefused(text: String) {
        #expect(UpstreamURL(text) == nil)
    }
}
