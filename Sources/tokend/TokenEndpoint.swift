// TokenEndpoint: asks a provider for a token, and says what the answer means.
//
// For: refreshes and the exchange of authorization codes.
// Refuses: nothing; whatever is not a token is a failure with a sentence for people.
// Called by: RefreshLoop, Service (connectFinish).

import Connections
import DaemonKit
import IPC
import NIOCore
import Refresh
import Tenancy

/// What came of asking.
enum TokenVerdict: Sendable {
    case granted(Grant, GrantedTokens)
    /// What it means for the account, and why, for people.
    case failed(Refresh.CallFailure, String)
}

enum TokenEndpoint {
    /// Reads what came of a request that was sent at `sent`. What is `known` of the account need not be in the answer again;
    /// `secrets` are what the request carried. Lifetimes begin when it was sent, by the wall clock as it is `now`: it may have
    /// been set in between.
    static func read(
        _ result: Result<CourierAnswer, CourierFailure>, from provider: ProviderDefinition, sent: Moment,
        at now: Moment = Clock.moment(), by policy: RefreshPolicy, known: [MetadataField] = [],
        hiding secrets: [SecretText]
    ) -> TokenVerdict {
        switch result {
        case .failure(let failure): return .failed(meaning(of: failure), failure.text)
        case .success(let answer):
            do throws(Connections.TokenRefusal) {
                let grant = try TokenAnswer.read(
                    status: answer.status, contentType: answer.contentType, body: answer.body, from: provider,
                    known: AccountFacts(known), hiding: secrets)
                return granted(grant, now.wall(at: sent.uptime), policy)
            } catch {
                return .failed(meaning(of: error, answer), error.text)
            }
        }
    }

    private static func granted(_ grant: TokenGrant, _ sent: UnixMillis, _ policy: RefreshPolicy) -> TokenVerdict {
        guard grant.accessToken.bytes.count <= FieldLimits.secret else {
            return .failed(.malformed, "the access token is longer than \(FieldLimits.secret) bytes")
        }
        let expiry = Expiry.read(
            lifetime: AnswerValue(grant.lifetime), end: AnswerValue(grant.end), sent: sent, by: policy)
        let scopes = grant.scopes.map { $0.joined(separator: " ").cut(toBytes: FieldLimits.scopeList) }
        let tokens = GrantedTokens(
            accessToken: Secret(grant.accessToken.bytes), refreshToken: grant.refreshToken.map { Secret($0.bytes) },
            scopes: scopes, facts: grant.facts.fields,
            hasStatedEnd: expiry.source == .stated || expiry.source == .clamped)
        return .granted(Grant(expiry: expiry.instant, hasRefreshToken: grant.refreshToken != nil), tokens)
    }

    private static func meaning(of failure: CourierFailure) -> Refresh.CallFailure {
        switch failure {
        case .unreachable: .unreachable
        case .forbidden: .clientRefused
        case .brokenOff: .timedOut
        case .tooLarge: .malformed
        }
    }

    private static func meaning(of refusal: Connections.TokenRefusal, _ answer: CourierAnswer) -> Refresh.CallFailure {
        let wish = answer.retryAfter.map(Millis.seconds)
        switch refusal.kind {
        case .invalidGrant: return .grantRefused
        case .invalidClient: return .clientRefused
        case .malformed: return .malformed
        case .temporary: return answer.status == 429 ? .busy(retryAfter: wish) : .unavailable(retryAfter: wish)
        }
    }
}

extension AnswerValue {
    fileprivate init(_ stated: StatedValue) {
        switch stated {
        case .missing: self = .missing
        case .number(let text): self = .number(text)
        case .string(let text): self = .string(text)
        case .other: self = .other
        }
    }
}
