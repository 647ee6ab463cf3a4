// Health: whether this gateway can take a paid request now.
//
// For: load balancers and operators; start-up probes of clients.
// Refuses: nothing; says `degraded` with 503 when the wallet is away, usage can not be recorded, or the daemon drains.
// Called by: Gateway.

import Connections
import HTTP
import JSON
import NIOCore
import Tenancy

enum Health {
    /// An empty 200: for clients that only want to know that somebody listens (case C-01).
    static func probe(_ exchange: HTTPExchange) {
        exchange.respond(status: 200, headers: HeaderBlock(), body: ByteBuffer())
    }

    static func answer(_ id: RequestID, _ gateway: Gateway, on exchange: HTTPExchange) {
        let wallet = gateway.wallet.isConnected
        let tokens = gateway.tokens
        let storage = gateway.store.isAccepting
        let isWell = wallet && storage && !gateway.isDraining
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.member("status", isWell ? "ok" : gateway.isDraining ? "draining" : "degraded")
                $0.member(
                    "services",
                    object: {
                        $0.member("wallet", wallet ? "ok" : "unavailable")
                        $0.member("storage", storage ? "ok" : "unavailable")
                        if let tokens { $0.member("vault", tokens.isConnected ? "ok" : "unavailable") }
                    })
                if let tokens { Self.write(tokens.credentials.counts(at: Clock.unixMillis()), to: &$0) }
                $0.member("providers", gateway.connections.providers.providers.count)
            }
        }
        Answer.json(body, status: isWell ? 200 : 503, .account, id, on: exchange)
    }

    /// Credentials of connected accounts. Without the vault those that are here go on to work, so it decides nothing.
    private static func write(_ counts: CredentialCounts, to writer: inout JSONWriter) {
        writer.member(
            "tokens",
            object: {
                $0.member("total", counts.total)
                $0.member("expiring_soon", counts.expiringSoon)
                $0.member("expired", counts.expired)
            })
    }
}
