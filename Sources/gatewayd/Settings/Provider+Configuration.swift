// Provider, from the operator's description: everything a request needs, put together once.
//
// For: turning `providers:` into bytes, and gatewayd's sections into the settings of the request path.
// Refuses: nothing; the configuration was validated.
// Called by: GatewayDaemon, at start and at each reload.

import DaemonKit
import HTTP
import NIOCore
import Routing
import Tenancy

extension Provider {
    init(_ configuration: ProviderConfiguration) {
        let url = configuration.baseURL
        name = configuration.name
        dialect = configuration.dialect
        origin = UpstreamOrigin(secure: url.isSecure, host: url.host, port: url.port)
        let route = configuration.dialect == .anthropic ? "/v1/messages" : "/chat/completions"
        target = ByteBuffer(string: url.path + route)
        embeddingsTarget = ByteBuffer(string: url.path + "/embeddings")
        tokenCountTarget = ByteBuffer(string: url.path + "/v1/messages/count_tokens")
        hostField = Self.hostField(of: url)
        credential = Self.credential(configuration)
        let isBeta = { (name: String) in name.lowercased() == Self.betaField }
        extraFields = configuration.headers.filter { !isBeta($0.name) }.map {
            (Array($0.name.utf8), Array($0.value.utf8))
        }
        betas = configuration.headers.filter { isBeta($0.name) }.map(\.value)
        streamTimeouts = Self.timeouts(configuration.timeouts, firstByte: configuration.timeouts.firstByte)
        wholeTimeouts = Self.timeouts(configuration.timeouts, firstByte: configuration.timeouts.wholeAnswer)
        connectionsMost = configuration.connectionsMost
        onClientGone = configuration.onClientGone == .drain ? .drain : .cancel
        asksForUsage = configuration.asksForUsage
    }

    private static let betaField = "anthropic-beta"

    /// RFC 9110 §7.2: host and port, the port left out when it is the scheme's own.
    private static func hostField(of url: UpstreamURL) -> String {
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        return url.port == (url.isSecure ? 443 : 80) ? host : "\(host):\(url.port)"
    }

    private static func credential(_ configuration: ProviderConfiguration) -> Credential? {
        guard let secret = configuration.credential else { return nil }
        switch configuration.authentication {
        case .none: return nil
        case .apiKeyField: return Credential(field: "x-api-key", value: secret)
        case .bearer:
            return Credential(
                field: "authorization", value: secret.withBytes { Secret(Array("Bearer ".utf8) + Array($0)) })
        }
    }

    private static func timeouts(_ timeouts: ProviderConfiguration.Timeouts, firstByte: Duration) -> UpstreamTimeouts {
        var result = UpstreamTimeouts()
        result.connect = TimeAmount(timeouts.connect)
        result.wait = TimeAmount(timeouts.connectionWait)
        result.firstByte = TimeAmount(firstByte)
        result.idle = TimeAmount(timeouts.idle)
        result.total = TimeAmount(timeouts.total)
        return result
    }
}

extension ServedCatalog {
    convenience init(_ configuration: GatewaydConfiguration, generation: Int, loadedAt: UnixMillis) {
        self.init(
            generation: generation, catalog: configuration.catalog,
            providers: configuration.providers.map(Provider.init), traits: configuration.traits, loadedAt: loadedAt)
    }
}

extension GatewaySettings {
    init(_ configuration: GatewaydConfiguration) {
        bodyBytesMost = configuration.limits.bodyBytesMost
        answerBytesMost = configuration.limits.answerBytesMost
        keepAlive = TimeAmount(configuration.timeouts.streamPing)
        drainsMost = configuration.abandoned.most
        drainTime = TimeAmount(configuration.abandoned.time)
        requestsInFlightMost = configuration.limits.requestsMost
        tuning = configuration.estimate.tuning
        rates = RateDefaults(
            key: configuration.rates.key, tenant: configuration.rates.tenant, instance: configuration.rates.instance)
        browser = configuration.browser
    }
}

extension ServerConfiguration {
    init(_ configuration: GatewaydConfiguration) {
        self.init()
        limits.headBytesMax = configuration.limits.headBytesMost
        headTimeout = TimeAmount(configuration.timeouts.head)
        keepAliveTimeout = TimeAmount(configuration.timeouts.keepAlive)
        bodyIdleTimeout = TimeAmount(configuration.timeouts.bodyIdle)
        bodyTimeout = TimeAmount(configuration.timeouts.body)
        writeIdleTimeout = TimeAmount(configuration.timeouts.writeIdle)
        connectionsMax = configuration.limits.connectionsMost
    }
}
