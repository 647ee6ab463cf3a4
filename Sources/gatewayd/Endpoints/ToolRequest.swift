// ToolRequest: one request to /mcp, from its body to its answer.
//
// For: `POST /mcp`, the Streamable HTTP transport of the Model Context Protocol. Every answer is one JSON body; there are no
//      sessions and no streams, which the transport leaves to the server.
// Refuses: other sites' pages (Origin), other media types, revisions that are not spoken here, more calls in one body than
//          `ToolName.mostCalls`. Each call beyond the first counts against the caller's limits as a request does.
// Called by: Gateway, on its event loop.

import AgentTools
import Connections
import DaemonKit
import HTTP
import Logging
import NIOCore
import OAuthServer
import Routing
import Tenancy
import Translation

/// Loop-bound; one per request. Kept alive by its calls.
final class ToolRequest {
    private let gateway: Gateway
    private let exchange: HTTPExchange
    private let caller: AuthenticatedKey
    private let id: RequestID
    private var post: RPCPost?
    /// One place for each message.
    private var answers: [[UInt8]?] = []
    /// Uses of tools under way, and one while messages are still being looked at.
    private var pending = 1
    private var errands: [AgentErrand] = []
    private var calls = 0
    private var isGone = false

    init(_ gateway: Gateway, _ exchange: HTTPExchange, _ caller: AuthenticatedKey, _ id: RequestID) {
        (self.gateway, self.exchange, self.caller, self.id) = (gateway, exchange, caller, id)
    }

    /// Reads the body and answers.
    func start() {
        guard let tokens = gateway.tokens else {
            return refuse(404, "No accounts can be connected at this gateway.")
        }
        if let (status, reason) = objection { return refuse(status, reason) }
        guard let revision = revision else {
            let known = ToolRevision.allCases.map(\.rawValue).joined(separator: ", ")
            return refuse(400, "MCP-Protocol-Version: spoken here are \(known).")
        }
        exchange.onClientGone = { [self] in clientGone() }
        exchange.collectBody(limit: RPCPost.largest) { [self] in bodyRead($0, revision, tokens) }
    }

    /// What is wrong with the header.
    private var objection: (Int, String)? {
        let fields = exchange.head.fields
        // A page of another site must not use a browser that can reach us (MCP, Transports, Security Warning).
        let own = gateway.settings.browser.publicURL?.description
        guard fields.texts(of: "origin").allSatisfy({ $0.lowercased() == own }) else {
            return (403, "This origin may not call the tools.")
        }
        guard fields.text(of: "content-type").map(MediaType.isJSON) == true else {
            return (415, "The body must be application/json.")
        }
        let accepted = fields.texts(of: "accept").flatMap { $0.split(separator: ",") }
            .map { MediaType.essence(of: String($0)) }
        guard accepted.isEmpty || accepted.contains(where: { Self.readable.contains($0) }) else {
            return (406, "The answer is application/json; Accept does not allow it.")
        }
        return nil
    }

    private static let readable: Set<String> = ["application/json", "application/*", "*/*"]

    /// The revision that the client names; `nil` when it is not spoken here.
    private var revision: ToolRevision? {
        guard let named = exchange.head.fields.text(of: "mcp-protocol-version") else { return .assumed }
        return ToolRevision(rawValue: named)
    }

    private func bodyRead(
        _ result: Result<ByteBuffer, RequestProblem>, _ revision: ToolRevision, _ tokens: TokenLink
    ) {
        switch result {
        case .success(let body):
            let post = body.withUnsafeReadableBytes { bytes in
                Result { () throws(RPCError) in try RPCPost(bytes, revision) }
            }
            switch post {
            case .success(let post): tokens.whenKnown { [self] in act(on: post) }
            case .failure(let error): respond(400, error.answer(to: nil))
            }
        case .failure(.clientGone): break
        case .failure(let problem):
            Answer.refuse(RequestPipeline.refusal(for: problem, gateway.settings), .tools, id, on: exchange)
        }
    }

    private func act(on post: RPCPost) {
        guard !isGone else { return }
        self.post = post
        answers = Array(repeating: nil, count: post.messages.count)
        let server = ToolServer(version: WeirVersion.text, offers: offers)
        for (place, message) in post.messages.enumerated() {
            switch server.step(message) {
            case .answer(let answer): answers[place] = answer
            case .silence: continue
            case .tool(let rpc, .done(let result, let rationale)):
                if let rationale { note(.discover, rationale, []) }
                answers[place] = result.answer(to: rpc)
            case .tool(let rpc, .calls(let calls, of: let tool, let rationale)):
                note(tool, rationale, calls)
                use(tool, calls) { [self] in answers[place] = $0.answer(to: rpc) }
            }
        }
        ended()
    }

    /// What the tenant can call; `nil` while tokend has not told it.
    private var offers: [ToolOffer]? {
        guard let credentials = gateway.tokens?.credentials, credentials.isKnown else { return nil }
        let tenant = caller.tenant.id
        return gateway.connections.providers.providers.compactMap { provider in
            let accounts = credentials.offers(of: tenant, at: provider.id)
            return accounts.isEmpty ? nil : ToolOffer(provider, accounts.sorted { $0.name.text < $1.name.text })
        }
    }

    /// One of the uses, or the looking at messages, is over; with the last the answer goes out.
    private func ended() {
        pending -= 1
        guard pending == 0, let post else { return }
        exchange.onClientGone = nil
        guard let body = post.body(of: answers.compactMap(\.self)) else { return respond(202, []) }
        respond(200, body)
    }

    private func clientGone() {
        isGone = true
        for errand in errands { errand.cancel() }
        errands = []
    }
}

// Calls.
extension ToolRequest {
    /// Makes the calls, all at once, and gives their results together.
    private func use(_ tool: ToolName, _ calls: [ToolCall], _ done: @escaping (ToolResult) -> Void) {
        pending += 1
        let gathering = Gathering(calls.count) { [self] answers in
            done(ToolResult(answers, of: tool))
            ended()
        }
        for (place, call) in calls.enumerated() {
            do throws(AgentFailure) {
                try admitCall()
                let ask = AgentAsk(
                    tenant: caller.tenant.id, key: caller.key.id, request: id, domain: call.domain,
                    body: ByteBuffer(bytes: call.body))
                if let errand = gateway.agents.run(ask, { gathering.put($0, at: place) }) { errands.append(errand) }
            } catch {
                gathering.put(AgentAnswer(error), at: place)
            }
        }
    }

    /// The request itself was counted when it was let in, and with it its first call.
    private func admitCall() throws(AgentFailure) {
        calls += 1
        guard calls <= ToolName.mostCalls else {
            throw AgentFailure(.validationError, "more than \(ToolName.mostCalls) calls in one request")
        }
        guard calls > 1 else { return }
        let verdict = RateLimiting.ask(
            caller, gateway.settings.rates, instance: gateway.shared.instanceBucket, now: Clock.monotonicNanos())
        guard case .limited(let standing) = verdict else { return }
        throw AgentFailure(.rateLimited, "rate limit reached; try again in \(standing.retryAfterSeconds) s")
    }

    /// Why agents do what they do is kept in the log; what they send and get is not.
    private func note(_ tool: ToolName, _ rationale: String, _ calls: [ToolCall]) {
        let reason = String(String.UnicodeScalarView(rationale.unicodeScalars.map(Self.inOneLine)))
        let domains = Set(calls.map { Excerpt.of($0.domain.utf8) }).sorted().joined(separator: " ")
        gateway.log.info(
            "a tool is used",
            metadata: [
                "request": "\(id)", "tenant": "\(caller.tenant.id)", "key": "\(caller.key.id.text)",
                "tool": "\(tool.rawValue)", "domains": "\(domains)", "rationale": "\(reason)",
            ])
    }

    private static func inOneLine(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format: " "
        default: scalar
        }
    }
}

// Answers.
extension ToolRequest {
    private func refuse(_ status: Int, _ reason: String) {
        respond(status, RPCError(code: -32000, reason).answer(to: nil))
    }

    private func respond(_ status: Int, _ body: [UInt8]) {
        exchange.respond(status: status, body: ByteBuffer(bytes: body)) { headers in
            if !body.isEmpty { headers.append("content-type", "application/json") }
            Answer.appendIdentity(of: id, .tools, to: &headers)
        }
    }

    /// Says to a client without a good key where it gets one (RFC 9728 §5.1, RFC 6750 §3).
    static func appendChallenge(
        _ refusal: Refusal, _ route: Route, _ origin: WebOrigin?, to headers: inout HeaderBlock
    ) {
        guard route.manner == .tools else { return }
        var details: [String] = []
        switch refusal.code {
        case AdmissionRefusal.keyMissing.code: break
        case AdmissionRefusal.keyUnknown.code, AdmissionRefusal.keyExpired.code:
            details.append(#"error="invalid_token""#)
        case AdmissionRefusal.scopeMissing.code: details.append(#"error="insufficient_scope""#)
        // A new key would not help.
        default: return
        }
        if let origin { details.append(#"resource_metadata="\#(ServerMetadata(origin).resourceMetadataURL)""#) }
        details.append(#"scope="\#(ServerMetadata.scope)""#)
        headers.append("www-authenticate", "Bearer " + details.joined(separator: ", "))
    }
}

/// The answers of several calls, until all are there. Loop-bound.
private final class Gathering {
    private var answers: [AgentAnswer?]
    private var missing: Int
    private let done: ([AgentAnswer]) -> Void

    init(_ count: Int, _ done: @escaping ([AgentAnswer]) -> Void) {
        (answers, missing, self.done) = (Array(repeating: nil, count: count), count, done)
    }

    func put(_ answer: AgentAnswer, at place: Int) {
        precondition(answers[place] == nil, "a call is answered once")
        answers[place] = answer
        missing -= 1
        if missing == 0 { done(answers.compactMap(\.self)) }
    }
}
