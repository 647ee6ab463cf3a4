// ProviderFaults: the relations within a definition.
//
// For: finding every contradiction at once and by its key, so that no request, connect or refresh ever meets one.
// Refuses: variables that nothing fills, credentials that could not be presented, OAuth without its endpoints or with
//   secrets in the clear, domains in which nothing may be asked, parameters that collide.
// Called by: ProviderTable; ProviderCatalog turns faults into messages with file and line.

/// One thing that is wrong with a definition.
public struct ProviderFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key within the provider's section, such as `oauth.token_url`.
    public let path: String
    /// What is wrong and what would be right.
    public let reason: String

    public init(_ path: String, _ reason: String) { (self.path, self.reason) = (path, reason) }

    public var description: String { "\(path): \(reason)" }
}

extension ProviderDefinition {
    /// Everything that is wrong, in the order of the keys.
    public var faults: [ProviderFault] {
        shapeFaults + authFaults + domainFaults + requestFaults + fieldFaults + (oauth?.faults(in: self) ?? [])
    }

    /// The names that templates may use.
    private var variables: Set<String> {
        Set(accountFields.map(\.name)).union(version == nil ? [] : [Self.versionVariable])
    }

    private var shapeFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        if !(Self.shortestTimeout...Self.longestTimeout).contains(timeout) {
            faults.append(ProviderFault("timeout", "expected 100ms to 30s"))
        }
        if identity == nil, accountFields.contains(where: { $0.source == .identity }) {
            faults.append(ProviderFault("identity", "missing; some account_fields are from it"))
        }
        if oauth == nil, accountFields.contains(where: { $0.source == .token }) {
            faults.append(ProviderFault("oauth", "missing; some account_fields are from its token answers"))
        }
        return faults
    }

    private func unknownVariables(_ template: [String], _ path: String) -> [ProviderFault] {
        template.filter { !variables.contains($0) }.map {
            ProviderFault(path, "{\($0)} is neither version nor one of account_fields")
        }
    }
}

// MARK: Credentials

extension ProviderDefinition {
    private var authFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        if auth.isEmpty { faults.append(ProviderFault("auth", "expected at least one kind of credential")) }
        for kind in AuthKind.allCases where auth.count(where: { $0.kind == kind }) > 1 {
            faults.append(ProviderFault("auth.\(kind.rawValue)", "given twice"))
        }
        for rule in auth { faults += placementFaults(rule.placement, "auth.\(rule.kind.rawValue)") }
        for kind in [AuthKind.oauth2, .clientCredentials] where placement(of: kind) != nil && oauth == nil {
            faults.append(ProviderFault("auth.\(kind.rawValue)", "needs the section oauth"))
        }
        if placement(of: .basic).map({ $0 != .basic }) ?? false {
            faults.append(ProviderFault("auth.basic", "a user and a password are presented as basic"))
        }
        return faults
    }

    private func placementFaults(_ placement: CredentialPlacement, _ path: String) -> [ProviderFault] {
        switch placement {
        case .bearer, .basic: return headerClash("authorization", path)
        case .header(let name, let template):
            var faults = secretFaults(template, "\(path).template") + headerClash(name, "\(path).name")
            if let fault = HeaderRule.fault(inName: name) { faults.append(ProviderFault("\(path).name", fault)) }
            if let fault = template.filled({ _ in "x" }).flatMap({ HeaderRule.fault(inValue: $0) }) {
                faults.append(ProviderFault("\(path).template", fault))
            }
            return faults
        case .query(let name):
            let isTaken = query.contains { $0.name.lowercased() == name.lowercased() }
            return isTaken ? [ProviderFault("\(path).name", "is one of query as well")] : []
        case .path(let template):
            var faults = secretFaults(template, "\(path).template")
            do throws(GrammarFault) {
                let front = try NormalPath(template.filled { _ in "a" } ?? "")
                if front.segments.last == "" { faults.append(ProviderFault("\(path).template", "ends in a slash")) }
            } catch {
                faults.append(ProviderFault("\(path).template", error.reason))
            }
            return faults
        }
    }

    private func secretFaults(_ template: TextTemplate, _ path: String) -> [ProviderFault] {
        template.variables == [CredentialPlacement.variable]
            ? [] : [ProviderFault(path, "expected {secret} once, and no other variable")]
    }

    private func headerClash(_ name: String, _ path: String) -> [ProviderFault] {
        headers.contains { $0.name == name.lowercased() } ? [ProviderFault(path, "is one of headers as well")] : []
    }
}

// MARK: Requests

extension ProviderDefinition {
    private var domainFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        for (index, domain) in allDomains.enumerated() {
            let path = index == 0 ? "" : "domains.\(domain.name)."
            faults += unknownVariables(domain.baseURL.variables, "\(path)base_url")
            faults += addressFaults(domain.baseURL, "\(path)base_url") + sourceFaults(domain, "\(path)base_url")
            if domain.allow.isEmpty, domain.actions.isEmpty {
                faults.append(
                    ProviderFault("\(path)allow", "nothing may be asked; expected an allow rule or an action"))
            }
            for action in domain.actions { faults += action.faults("\(path)actions.\(action.name)") }
            if allDomains[..<index].contains(where: { $0.name == domain.name }) {
                faults.append(ProviderFault("\(path)base_url", "the domain \(domain.name) is there already"))
            }
        }
        return faults
    }

    /// A variable fills the place that its field was checked for.
    private func addressFaults(_ address: AddressTemplate, _ path: String) -> [ProviderFault] {
        accountFields.compactMap { field in
            if address.addressVariable == field.name, field.form != .address {
                return ProviderFault(path, "{\(field.name)} stands for an address; its form is \(field.form.rawValue)")
            }
            if address.labelVariables.contains(field.name), field.form != .label {
                return ProviderFault(path, "{\(field.name)} stands in a host; its form is \(field.form.rawValue)")
            }
            guard address.variables.contains(field.name), !field.isRequired else { return nil }
            return ProviderFault("account_fields.\(field.name).required", "base_url needs it, so it is required")
        }
    }

    /// What an address needs is known before anybody asks there, whatever the kind of credential.
    private func sourceFaults(_ domain: ProviderDomain, _ path: String) -> [ProviderFault] {
        let needed = accountFields.filter { domain.baseURL.variables.contains($0.name) }
        var faults: [ProviderFault] = []
        if let field = needed.first(where: { $0.source == .identity }), domain == main, case .path = identity?.target {
            faults.append(
                ProviderFault("identity", "is asked below base_url, which needs {\(field.name)} from its answer"))
        }
        guard let field = needed.first(where: { $0.source == .token }) else { return faults }
        for rule in auth where rule.kind != .oauth2 && rule.kind != .clientCredentials {
            let reason = "\(path) needs {\(field.name)}, which only token answers have"
            faults.append(ProviderFault("auth.\(rule.kind.rawValue)", reason))
        }
        return faults
    }

    private var requestFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        for header in headers {
            let path = "headers.\(header.name)"
            if let fault = HeaderRule.fault(inName: header.name) { faults.append(ProviderFault(path, fault)) }
            if let fault = header.value.filled({ _ in "x" }).flatMap({ HeaderRule.fault(inValue: $0) }) {
                faults.append(ProviderFault(path, fault))
            }
            faults += unknownVariables(header.value.variables, path)
        }
        for (name, probe) in [("identity", identity), ("test", test)] {
            guard case .address(let address) = probe?.target, !address.origin.isSecure, !address.origin.isLoopback
            else {
                continue
            }
            faults.append(ProviderFault(name, "the credential is sent there; expected https"))
        }
        return faults
    }

    private var fieldFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        if accountFields.count > AccountField.most {
            faults.append(ProviderFault("account_fields", "expected at most \(AccountField.most)"))
        }
        for (index, field) in accountFields.enumerated() {
            let path = "account_fields.\(field.name)"
            if !TextTemplate.isName(field.name) {
                faults.append(ProviderFault(path, "as a name: expected a-z, 0-9 and _, beginning with a letter"))
            }
            if [Self.versionVariable, CredentialPlacement.variable].contains(field.name) {
                faults.append(ProviderFault(path, "the name has a meaning of its own"))
            }
            if accountFields[..<index].contains(where: { $0.name == field.name }) {
                faults.append(ProviderFault(path, "given twice"))
            }
            if (field.path == nil) != (field.source == .tenant) {
                let expected = field.source == .tenant ? "a tenant's field has none" : "missing"
                faults.append(ProviderFault("\(path).field", expected))
            }
            if field.form == .address, field.hosts.isEmpty, field.source != .tenant {
                faults.append(ProviderFault("\(path).hosts", "missing; an answer may not lead anywhere"))
            }
            if field.form != .address, !field.hosts.isEmpty {
                faults.append(ProviderFault("\(path).hosts", "only an address has hosts"))
            }
        }
        return faults
    }
}
