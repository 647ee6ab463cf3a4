// ProviderConfiguration: one upstream as the operator described it.
//
// For: the `providers:` section: address, credential, header fields and patience.
// Refuses: credentials written into the URL or a header field, header fields that belong to HTTP or to the gateway,
// timeouts that do not nest, an authentication style that does not fit the credential.
// Called by: GatewaydConfiguration.

import DaemonKit
import Routing

/// An upstream.
struct ProviderConfiguration: Sendable {
    /// How the credential is sent.
    enum Authentication: Sendable, Equatable {
        case apiKeyField, bearer, none
    }

    /// What happens to an answer whose client went away.
    enum ClientGonePolicy: Sendable, Equatable {
        case cancel, drain
    }

    /// How long the upstream is waited for.
    struct Timeouts: Sendable, Equatable {
        let connect: Duration
        let connectionWait: Duration
        let firstByte: Duration
        let wholeAnswer: Duration
        let idle: Duration
        let total: Duration
    }

    let name: String
    let dialect: UpstreamDialect
    let baseURL: UpstreamURL
    let authentication: Authentication
    /// `nil` when none is needed, and wherever secrets are not looked up.
    let credential: Secret?
    let timeouts: Timeouts
    let connectionsMost: Int
    let onClientGone: ClientGonePolicy
    let asksForUsage: Bool
    let headers: [(name: String, value: String)]

    private static let dialect = Setting(
        "dialect", .word(UpstreamDialect.allCases.map { ($0.name, $0) }),
        "The language it speaks: anthropic (Messages API) or openai (Chat Completions API, also of Ollama, vLLM and most others)."
    )
    private static let baseURL = Setting(
        "base_url", UpstreamURL.kind,
        "Where it is, as its own SDK is told: https://api.anthropic.com, https://api.openai.com/v1, http://127.0.0.1:11434/v1."
    )
    private static let credential = Setting(
        credential: "credential",
        "Its API key, by reference: {file: PATH}, {systemd: NAME} for a systemd credential, or none. Never the key itself."
    )
    private static let auth = Setting(
        optional: "auth",
        .word([
            ("x-api-key", Authentication.apiKeyField), ("bearer", Authentication.bearer), ("none", Authentication.none),
        ]),
        "The header field that carries the key; left out, x-api-key for anthropic, bearer for openai, none without credential."
    )
    private static let connections = Setting(
        "max_connections", .integer(1...10_000), default: 256, "Connections at a time, per event loop.")
    private static let onClientGone = Setting(
        "on_client_gone", .word([("cancel", ClientGonePolicy.cancel), ("drain", ClientGonePolicy.drain)]),
        default: .cancel,
        "When the client goes away: cancel the answer and bill what was seen, or drain it and bill what the provider reports."
    )
    private static let asksForUsage = Setting(
        "asks_for_usage", .flag, default: true,
        "Whether streams ask for usage with stream_options; turn off for openai servers that refuse the field.")
    private static let headers = Setting(
        map: "headers", keys: HeaderText.name, of: HeaderText.value, count: 0...32,
        "Further header fields for each request, such as anthropic-version or an organisation. No secrets here.")
    private static let timeouts = Setting(section: "timeouts", TimeoutSettings.section, "How long it is waited for.")
    private static let section = ConfigSection([
        dialect.declaration, baseURL.declaration, credential.declaration, auth.declaration, connections.declaration,
        onClientGone.declaration, asksForUsage.declaration, timeouts.declaration, headers.declaration,
    ])

    /// The `providers:` section.
    static let all = Setting(
        map: "providers", keys: providerName, of: section, count: 0...100, "The upstreams, by a name of your choice.")

    private static let providerName = ScalarKind.text("name of a-z, 0-9, - and _", most: 63, example: "provider") {
        name in
        let legal = name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
        return legal ? nil : "expected a-z, 0-9, - and _ only"
    }

    init(_ entry: ConfigNamed<ConfigValues>, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        let values = entry.value
        name = entry.name
        dialect = values[Self.dialect]
        baseURL = values[Self.baseURL]
        credential = credentials.secret(values, Self.credential, &report)
        authentication = Self.authentication(values, &report)
        timeouts = TimeoutSettings.read(values[Self.timeouts], &report)
        connectionsMost = values[Self.connections]
        onClientGone = values[Self.onClientGone]
        asksForUsage = values[Self.asksForUsage]
        headers = values[Self.headers].map { ($0.name, $0.value) }
    }

    private static func authentication(_ values: ConfigValues, _ report: inout ConfigReport) -> Authentication {
        let hasCredential = values[credential] != .none
        guard let chosen = values[auth] else {
            guard hasCredential else { return .none }
            return values[dialect] == .anthropic ? .apiKeyField : .bearer
        }
        values.relate(auth, credential, &report, "needs a credential") { $0 == Authentication.none || $1 != .none }
        values.relate(auth, credential, &report, "leaves the credential unused") {
            $0 != Authentication.none || $1 == .none
        }
        return chosen
    }
}

/// The declarations of an upstream's timeouts.
private enum TimeoutSettings {
    private static let connect = Setting(
        "connect", .duration(.milliseconds(100) ... .seconds(60)), default: .seconds(5),
        "For a new connection, TLS included.")
    private static let wait = Setting(
        "connection_wait", .duration(.zero ... .seconds(60)), default: .seconds(5),
        "For a free connection when all are in use.")
    private static let firstByte = Setting(
        "first_byte", .duration(.milliseconds(100) ... .seconds(3600)), default: .seconds(60),
        "From the sent request to the first byte of a streamed answer; then another host is tried once.")
    private static let wholeAnswer = Setting(
        "whole_answer", .duration(.milliseconds(100) ... .seconds(3600)), default: .seconds(600),
        "The same for an answer that is not streamed, which begins when it is finished.")
    private static let idle = Setting(
        "idle", .duration(.milliseconds(100) ... .seconds(3600)), default: .seconds(120),
        "Between two reads of an answer; the provider's keep-alives count.")
    private static let total = Setting(
        "total", .duration(.seconds(1) ... .seconds(86_400)), default: .seconds(3600), "For one answer as a whole.")
    static let section = ConfigSection([
        connect.declaration, wait.declaration, firstByte.declaration, wholeAnswer.declaration, idle.declaration,
        total.declaration,
    ])

    static func read(_ values: ConfigValues, _ report: inout ConfigReport) -> ProviderConfiguration.Timeouts {
        for inner in [firstByte, wholeAnswer, idle] {
            values.relate(inner, total, &report, "longer than total, so it would never be reached") { $0 <= $1 }
        }
        return ProviderConfiguration.Timeouts(
            connect: values[connect], connectionWait: values[wait], firstByte: values[firstByte],
            wholeAnswer: values[wholeAnswer], idle: values[idle], total: values[total])
    }
}

/// An upstream's base URL.
struct UpstreamURL: Hashable, Sendable, CustomStringConvertible {
    /// Whether it is reached over TLS.
    let isSecure: Bool
    /// A host name or address, without brackets.
    let host: String
    let port: Int
    /// What comes before the API's own path: empty, or beginning with a slash and not ending in one.
    let path: String

    /// `nil` unless `http` or `https`, a host, perhaps a port, perhaps a path; nothing else.
    init?(_ text: String) {
        guard text.hasPrefix("https://") || text.hasPrefix("http://") else { return nil }
        isSecure = text.hasPrefix("https://")
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = String(rest[..<slash])
        let hasPort = authority.contains(":") && !authority.hasSuffix("]")
        let standard = isSecure ? 443 : 80
        guard let address = NetworkAddress(hasPort ? authority : "\(authority):\(standard)"), address.port > 0 else {
            return nil
        }
        (host, port) = (address.host, address.port)
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        let legal = path.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"?#\"<>\\^`{|}".utf8.contains($0) }
        guard legal else { return nil }
        self.path = path
    }

    var description: String {
        let scheme = isSecure ? "https" : "http"
        let address = NetworkAddress(host: host, port: port).description
        let authority = port == (isSecure ? 443 : 80) ? String(address.dropLast(String(port).count + 1)) : address
        return "\(scheme)://\(authority)\(path)"
    }

    static let kind = ScalarKind(
        "http or https URL", example: UpstreamURL("https://localhost")!,
        parse: { scalar throws(ConfigReason) in
            guard !scalar.text.contains("@") else {
                throw ConfigReason("a URL here holds no user or password; put the key under credential")
            }
            guard scalar.text.utf8.count <= 1024, let url = UpstreamURL(scalar.text) else {
                throw ConfigReason("expected a URL such as https://api.example.com/v1, without query or fragment")
            }
            return url
        }, render: { $0.description })
}

/// Names and values of header fields.
private enum HeaderText {
    static let name = ScalarKind.text("header field name", most: 128, example: "x-example") { name in
        let token = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || "!#$%&'*+-.^_`|~".utf8.contains($0)
        }
        if !token { return "not a header field name (RFC 9110 §5.1)" }
        if secrets.contains(name.lowercased()) { return "secrets are not written here; use credential and auth" }
        return reserved.contains(name.lowercased()) ? "set by the gateway itself" : nil
    }

    static let value = ScalarKind.text("header field value", most: 4096, example: "x") { value in
        let legal =
            value.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !value.hasPrefix(" ") && !value.hasSuffix(" ")
        return legal ? nil : "expected printable ASCII without spaces at the ends"
    }

    private static let secrets: Set<String> = [
        "authorization", "proxy-authorization", "x-api-key", "api-key", "cookie",
    ]
    private static let reserved: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive",
        "content-type", "content-encoding", "accept-encoding",
    ]
}
