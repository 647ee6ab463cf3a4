// ConnectionAnswers: connected accounts as JSON, and what tokend refuses as refusals.
//
// For: the answers of `/console/connections` and `/admin`. No secret is in what tokend answers, so none is here.
// Refuses: nothing.
// Called by: ConnectionEndpoints, AdminEndpoints, ConnectPages.

import Connections
import IPC
import JSON
import Tenancy
import Translation

enum ConnectionAnswers {
    /// The providers, in the order of the catalogue.
    static func catalogue(_ table: ProviderTable) -> [UInt8] {
        json {
            $0.key("providers")
            $0.array { list in for provider in table.providers { list.object { append(provider, to: &$0) } } }
        }
    }

    private static func append(_ provider: ProviderDefinition, to writer: inout JSONWriter) {
        writer.member("id", provider.id.text)
        writer.member("name", provider.displayName)
        writer.member("kinds", array: { for rule in provider.auth { $0.string(rule.kind.rawValue) } })
        writer.member("browser", provider.isConnectedInBrowsers)
        writer.member("domains", array: { for domain in provider.allDomains { $0.string(domain.name.text) } })
        writer.key("fields")
        writer.array { list in
            for field in provider.accountFields where field.source == .tenant {
                list.object {
                    $0.member("name", field.name)
                    $0.member("form", field.form.rawValue)
                    $0.member("required", field.isRequired)
                }
            }
        }
    }

    /// A link for a browser.
    static func link(_ url: String, _ expiresAt: UnixMillis) -> [UInt8] {
        json {
            $0.member("url", url)
            $0.member("expires_at_ms", expiresAt.value)
        }
    }

    /// An account was stored.
    static func confirmation(of account: AccountKey) -> [UInt8] {
        json {
            $0.member("ok", true)
            $0.append(account)
        }
    }

    static func json(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { $0.object(body) }
        return bytes
    }
}

extension JSONWriter {
    /// The id as the paths below `/console/connections` have it, and its parts.
    fileprivate mutating func append(_ account: AccountKey) {
        member("id", "\(account.provider)/\(account.account)")
        member("provider", account.provider.text)
        member("account", account.account.text)
    }

    mutating func member(_ name: String, time: UnixMillis?) {
        key(name)
        if let time { integer(time.value) } else { null() }
    }
}

extension TokenListAnswer {
    /// A page. What comes after `next` is asked for with `after`.
    var json: [UInt8] {
        ConnectionAnswers.json {
            $0.key("connections")
            $0.array { list in for row in accounts { list.object { row.append(to: &$0) } } }
            $0.member("next", AccountKey(next).map { "\($0.provider)/\($0.account)" })
        }
    }
}

extension AccountRow {
    fileprivate func append(to writer: inout JSONWriter) {
        writer.append(account)
        writer.member("display_name", label)
        writer.member("kind", kind.text)
        writer.member("status", "\(state)")
        writer.member("scopes", array: { for scope in scopes.split(separator: " ") { $0.string(String(scope)) } })
        writer.member("created_at_ms", time: createdAt)
        writer.member("changed_at_ms", time: changedAt)
        writer.member("expires_at_ms", time: expiresAt)
        writer.member("refresh_at_ms", time: refreshAt)
        writer.member("failures", failures)
        writer.member("reason", reason.isEmpty ? nil : reason)
        writer.member("facts", object: { for fact in metadata { $0.member(fact.name, fact.value) } })
    }
}

extension CredentialKind {
    /// As configurations and bodies call it.
    fileprivate var text: String {
        switch self {
        case .none: "none"
        case .apiKey: AuthKind.apiKey.rawValue
        case .botToken: AuthKind.botToken.rawValue
        case .basic: AuthKind.basic.rawValue
        case .oauth: AuthKind.oauth2.rawValue
        case .clientCredentials: AuthKind.clientCredentials.rawValue
        }
    }
}

extension TokenTestAnswer {
    /// What the vendor says about a credential is the answer; that there was none to try is a refusal.
    func refuseUnlessTried() throws(Refusal) {
        switch outcome {
        case .done, .refused(.providerRefused), .refused(.providerUnavailable): return
        case .refused: try outcome.orRefusal(text)
        }
    }

    func json(of account: AccountKey) -> [UInt8] {
        ConnectionAnswers.json {
            $0.member("ok", outcome == .done)
            $0.append(account)
            $0.member("status", status)
            $0.member("message", text)
        }
    }
}

extension TokenRemoveAnswer {
    func json(of account: AccountKey) -> [UInt8] {
        ConnectionAnswers.json {
            $0.member("ok", true)
            $0.append(account)
            $0.member("revoked", revoked)
            $0.member("message", text)
        }
    }
}

// MARK: refusals

extension TokenOutcome {
    /// Throws what is not done.
    func orRefusal(_ text: String) throws(Refusal) {
        if case .refused(let refusal) = self { throw Refusal(refusal, text) }
    }
}

extension Refusal {
    /// A refusal of tokend in an HTTP answer; its sentence is for people.
    init(_ refusal: IPC.TokenRefusal, _ text: String) {
        let (kind, code): (Translation.ErrorKind, String) =
            switch refusal {
            case .fieldInvalid: (.invalidRequest, "field_invalid")
            case .providerUnknown: (.notFound, "provider_unknown")
            case .kindUnfit: (.invalidRequest, "kind_unfit")
            case .accountUnknown: (.notFound, "account_unknown")
            case .accountExists: (.invalidRequest, "account_exists")
            case .limitReached: (.permission, "limit_reached")
            case .stateUnknown: (.invalidRequest, "state_unknown")
            case .accountDead: (.invalidRequest, "account_dead")
            case .addressForbidden: (.permission, "address_forbidden")
            case .providerRefused: (.upstreamFailed, "provider_refused")
            case .providerUnavailable: (.upstreamFailed, "provider_unavailable")
            case .sealedByUnknownKey: (.unavailable, "sealed_by_unknown_key")
            }
        self.init(kind, code, text.asSentence)
    }

    /// tokend was not asked, or nobody knows what it did.
    init(_ failure: CallFailure) {
        let advice =
            failure.effect == .nothingDone
            ? "nothing was done; please try again." : "look whether it was done before you try again."
        self.init(
            .unavailable, "vault_unavailable", "The vault of connected accounts gave no answer: \(advice)",
            retryAfterSeconds: 1)
    }
}

extension String {
    /// tokend's remarks begin small and have no full stop.
    fileprivate var asSentence: String {
        guard let first, !isEmpty else { return "This was refused." }
        return first.uppercased() + dropFirst() + (hasSuffix(".") ? "" : ".")
    }
}
