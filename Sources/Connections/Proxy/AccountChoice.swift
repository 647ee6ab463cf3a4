// AccountChoice: which of a tenant's accounts a request is made with.
//
// For: requests that name an account, and those that need not because there is one, or a default.
// Refuses: to guess between several.
// Called by: gatewayd, with the tenant's accounts at the provider.

public import Tenancy

/// An account that could be used.
public struct AccountOffer: Hashable, Sendable {
    public var name: AccountName
    /// Whether its credential is good as far as is known.
    public var isUsable: Bool
    /// What is known of it, such as whose it is.
    public var facts: AccountFacts

    public init(_ name: AccountName, isUsable: Bool = true, facts: AccountFacts = AccountFacts()) {
        (self.name, self.isUsable, self.facts) = (name, isUsable, facts)
    }
}

/// Chooses an account.
public enum AccountChoice {
    /// The most accounts that a refusal lists.
    public static let mostListed = 50

    /// The account that `wanted` names; without it the only one, or `preferred`. A preferred account that is not
    /// there counts for nothing.
    public static func choose(
        from offers: [AccountOffer], wanted: AccountName?, preferred: AccountName?, provider: ProviderID
    ) throws(AgentFailure) -> AccountName {
        if offers.isEmpty { throw AgentFailure(.tokenMissing, "no account of \(provider) is connected") }
        guard let name = wanted ?? only(offers) ?? offers.first(where: { $0.name == preferred })?.name else {
            throw ambiguous(offers, provider)
        }
        guard let offer = offers.first(where: { $0.name == name }) else {
            throw AgentFailure(
                .tokenMissing, "no account \(name) of \(provider) is connected", accounts: listed(offers))
        }
        guard offer.isUsable else {
            throw AgentFailure(.tokenExpired, "\(provider) does not accept \(name) any more; connect it again")
        }
        return name
    }

    private static func only(_ offers: [AccountOffer]) -> AccountName? { offers.count == 1 ? offers[0].name : nil }

    private static func ambiguous(_ offers: [AccountOffer], _ provider: ProviderID) -> AgentFailure {
        let names = listed(offers)
        let more = offers.count > names.count ? " and \(offers.count - names.count) more" : ""
        let reason = "several accounts of \(provider): \(names.map(\.text).joined(separator: ", "))\(more)"
        return AgentFailure(
            .validationError, "account_id: \(reason); name one", problems: [AgentProblem("account_id", reason)],
            accounts: names)
    }

    private static func listed(_ offers: [AccountOffer]) -> [AccountName] {
        Array(offers.map(\.name).sorted { $0.text < $1.text }.prefix(mostListed))
    }
}
