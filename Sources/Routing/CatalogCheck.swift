// CatalogCheck: the relations that make a draft a catalog.
//
// For: finding all contradictions between names before a catalog exists, so that routing never meets one.
// Refuses: providers, models and aliases that share a name (case aside, as look-up falls back to that), references to
// what is not there, a host listed twice, a model without a host, an answer larger than the context window.
// Called by: Catalog.init.

enum CatalogCheck {
    /// Everything that is wrong, in the draft's order.
    static func faults(in draft: CatalogDraft) -> [CatalogFault] {
        providers(draft) + models(draft) + names(draft) + aliases(draft)
    }

    private static func providers(_ draft: CatalogDraft) -> [CatalogFault] {
        var seen: [String: String] = [:]
        return draft.providers.enumerated().compactMap { index, provider in
            guard let other = seen.updateValue(provider.name, forKey: provider.name.lowercased()) else { return nil }
            return CatalogFault(
                subject: .provider(index),
                reason: "the name is taken by provider \"\(other)\" (letter case does not count)")
        }
    }

    private static func models(_ draft: CatalogDraft) -> [CatalogFault] {
        let providers = Set(draft.providers.map(\.name))
        var faults: [CatalogFault] = []
        for (index, model) in draft.models.enumerated() {
            if model.hosts.isEmpty {
                faults.append(CatalogFault(subject: .model(index), reason: "has no host; list at least one"))
            }
            if model.maxOutputTokens > model.contextWindow {
                let reason = "larger than the context window of \(model.contextWindow)"
                faults.append(CatalogFault(subject: .maxOutputTokens(model: index), reason: reason))
            }
            faults += hosts(model, index, providers)
        }
        return faults
    }

    private static func hosts(_ model: CatalogDraft.Model, _ index: Int, _ providers: Set<String>) -> [CatalogFault] {
        var seen: Set<[String]> = []
        return model.hosts.enumerated().compactMap { position, host in
            let subject = CatalogFault.Subject.hostProvider(model: index, host: position)
            guard providers.contains(host.provider) else {
                return CatalogFault(subject: subject, reason: "there is no provider \"\(host.provider)\"")
            }
            guard seen.insert([host.provider, host.upstreamModel]).inserted else {
                let reason = "\"\(host.upstreamModel)\" at \"\(host.provider)\" is listed twice"
                return CatalogFault(subject: subject, reason: reason)
            }
            return nil
        }
    }

    private static func names(_ draft: CatalogDraft) -> [CatalogFault] {
        var seen: [String: String] = [:]
        let names =
            draft.models.enumerated().map { ($1.id, CatalogFault.Subject.model($0)) }
            + draft.aliases.enumerated().map { ($1.name, CatalogFault.Subject.alias($0)) }
        return names.compactMap { name, subject in
            guard let other = seen.updateValue(name, forKey: name.lowercased()) else { return nil }
            return CatalogFault(
                subject: subject,
                reason: "the name is taken by model or alias \"\(other)\" (letter case does not count)")
        }
    }

    private static func aliases(_ draft: CatalogDraft) -> [CatalogFault] {
        let models = Set(draft.models.map(\.id))
        let aliases = Set(draft.aliases.map(\.name))
        return draft.aliases.enumerated().compactMap { index, alias in
            if models.contains(alias.model) { return nil }
            let reason =
                aliases.contains(alias.model)
                ? "\"\(alias.model)\" is itself an alias; name the model" : "there is no model \"\(alias.model)\""
            return CatalogFault(subject: .alias(index), reason: reason)
        }
    }
}
