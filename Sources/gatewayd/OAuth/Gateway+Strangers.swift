// Gateway+Strangers: how often somebody may ask who has shown no key.
//
// For: programs that register and come for tokens, browsers that connect accounts.
// Refuses: peers that ask too often, and programs where all clients together do; says in how many seconds to come back.
// Called by: OAuthRequest, ConnectionRoutes.

import HTTP

/// What somebody without a key wants: each has its own window.
enum StrangersErrand {
    /// A program says who it is.
    case registering
    /// Forms, tokens and revocations.
    case authorizing
    /// A person connects an account.
    case connecting
}

extension Gateway {
    /// Seconds to wait, where the peer or all clients together ask too often. Browsers take nothing from the limit of all:
    /// without a link, which somebody with a key asked for, they come to nothing.
    func pause(before errand: StrangersErrand, _ exchange: HTTPExchange) -> Int? {
        if let seconds = shared.oauth.refusal(of: peer(of: exchange), errand, now: Clock.unixMillis()) {
            return seconds
        }
        if case .connecting = errand { return nil }
        let verdict = RateLimiting.ask(
            settings.rates, instance: shared.instanceBucket, now: Clock.monotonicNanos())
        guard case .limited(let standing) = verdict else { return nil }
        return standing.retryAfterSeconds
    }

    /// Whom the request is counted for.
    private func peer(of exchange: HTTPExchange) -> String {
        guard let connected = exchange.remoteAddress.flatMap({ IPAddress($0) }) else { return "" }
        let forwarded = exchange.head.fields.texts(of: "x-forwarded-for")
        return PeerName.of(settings.browser.proxies.client(behind: connected, forwardedFor: forwarded))
    }
}
