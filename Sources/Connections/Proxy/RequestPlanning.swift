// RequestPlanning: from what an agent asks to the request that is sent.
//
// For: gatewayd's calls and the definitions' own probes; one way for both.
// Refuses: accounts that lack what the address needs, targets that are too long.
// Called by: gatewayd (agent calls), tokend (tests of credentials, identities).

extension ProviderDefinition {
    /// The longest path and query together: common servers read 8 KiB of request line.
    public static let longestTarget = 8000

    /// Names of the query that are not the agent's, in lower case.
    var ownQueryNames: Set<String> {
        var names = Set(query.map { $0.name.lowercased() })
        for rule in auth {
            if case .query(let name) = rule.placement { names.insert(name.lowercased()) }
        }
        return names
    }

    /// The request for an agent's call.
    public func request(
        for call: AgentCall, in domain: ProviderDomain, facts: AccountFacts, credential: PresentedCredential
    ) throws(AgentFailure) -> OutboundRequest {
        let base = try base(domain, facts)
        switch call.ask {
        case .path(let method, let path, let query, let body):
            let ask = PlannedAsk(method: method, base: base, path: path.description, query: query, body: body)
            return try request(ask, facts, credential, below: domain.baseURL)
        case .action(let action, let arguments):
            let ask = try action.planned(arguments, base: base, bodyFormat)
            return try request(ask, facts, credential, below: domain.baseURL)
        }
    }

    /// The request of a probe.
    public func request(
        for probe: ProbeRequest, facts: AccountFacts, credential: PresentedCredential
    ) throws(AgentFailure) -> OutboundRequest {
        switch probe.target {
        case .path(let target):
            let base = try base(main, facts)
            let path = target.path.description
            let ask = PlannedAsk(method: probe.method, base: base, path: path, query: target.query, body: nil)
            return try request(ask, facts, credential, below: main.baseURL)
        case .address(let address):
            let ask = PlannedAsk(method: probe.method, base: address, path: "", query: [], body: nil)
            return try request(ask, facts, credential, below: nil)
        }
    }

    private func base(_ domain: ProviderDomain, _ facts: AccountFacts) throws(AgentFailure) -> WebAddress {
        do throws(GrammarFault) {
            return try domain.baseURL.filled(plainHTTP: plainHTTP) { value(of: $0, facts) }
        } catch {
            throw AgentFailure(.configMissing, "the account's address cannot be used: \(error.reason)")
        }
    }

    /// `template` is what the base was made of; `nil` for an address that stands in the definition as it is.
    private func request(
        _ ask: PlannedAsk, _ facts: AccountFacts, _ credential: PresentedCredential, below template: AddressTemplate?
    ) throws(AgentFailure) -> OutboundRequest {
        let target = target(ask, credential)
        guard target.bytes.count <= Self.longestTarget else {
            let reason = "path and query are longer than \(Self.longestTarget) bytes together"
            throw AgentFailure(problems: [AgentProblem("path", reason)])
        }
        return OutboundRequest(
            method: ask.method, origin: ask.base.origin, target: target, fields: fields(ask, facts, credential),
            body: ask.body.map { SecretText($0) }, isGuarded: template?.isInfluenced ?? false,
            namedPorts: template?.fixedPorts(ask.base.origin) ?? [], timeout: timeout)
    }

    /// Base path, the credential if it stands there, what is asked for; then the query: the definition's, the
    /// agent's, the credential's.
    private func target(_ ask: PlannedAsk, _ credential: PresentedCredential) -> SecretText {
        var target = Array(ask.base.path.utf8)
        if case .path(let front) = credential { target += front.bytes }
        target += ask.path.utf8
        if target.isEmpty { target.append(UInt8(ascii: "/")) }
        var query = Array(FormText.query(self.query + ask.query).utf8)
        if case .query(let name, let value) = credential {
            if !query.isEmpty { query.append(UInt8(ascii: "&")) }
            query += FormText.component(name).utf8
            query.append(UInt8(ascii: "="))
            query += FormText.component(String(decoding: value.bytes, as: UTF8.self)).utf8
        }
        return SecretText(query.isEmpty ? target : target + [UInt8(ascii: "?")] + query)
    }

    /// A field whose variable the account does not have is left out.
    private func fields(
        _ ask: PlannedAsk, _ facts: AccountFacts, _ credential: PresentedCredential
    ) -> [OutboundRequest.Field] {
        var fields: [OutboundRequest.Field] = []
        if !headers.contains(where: { $0.name == "accept" }) { fields.append(.init("accept", "application/json")) }
        if !headers.contains(where: { $0.name == "user-agent" }) { fields.append(OutboundRequest.userAgent) }
        for header in headers {
            guard let text = header.value.filled({ value(of: $0, facts) }), HeaderRule.fault(inValue: text) == nil
            else {
                continue
            }
            fields.append(.init(header.name, text))
        }
        if case .header(let name, let value) = credential { fields.append(.init(name, value)) }
        if ask.body != nil { fields.append(.init("content-type", bodyFormat.contentType)) }
        return fields
    }
}

extension ProviderDefinition.BodyFormat {
    /// What the Content-Type field says.
    var contentType: String {
        switch self {
        case .json: "application/json"
        case .form: "application/x-www-form-urlencoded"
        }
    }
}

/// A request but for what the provider and the credential add.
struct PlannedAsk {
    let method: RequestMethod
    let base: WebAddress
    /// Below the base; in normal form, or empty.
    let path: String
    let query: [FormPair]
    let body: [UInt8]?
}
