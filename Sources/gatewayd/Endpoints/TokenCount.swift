// TokenCount: how many tokens a prompt has: the vendor's own count where it gives one, else an estimate of ours.
//
// For: `POST /v1/messages/count_tokens` (case C-04). It is free: no hold, no charge, no usage event; the key's limits apply.
// Refuses: bodies that cannot be read, unknown models. A vendor that does not count is no reason to refuse.
// Called by: Gateway, HTTP's upstream client, all on one event loop.

import HTTP
import JSON
import NIOCore
import Routing
import Tenancy
import Translation

/// Loop-bound; one per request. Kept alive by its upstream call.
final class TokenCount: UpstreamReceiver {
    /// An estimate is nearly as good, so a vendor is not waited for as long as for an answer.
    private static let patience: TimeAmount = .seconds(5)
    /// A count has some tens of bytes, an error some hundreds.
    private static let answerBytesMost = 64 << 10

    private let gateway: Gateway
    private let exchange: HTTPExchange
    private let id: RequestID
    private var call: UpstreamCall?
    private var summary: RequestSummary?
    private var status = 0
    private var headers = HeaderBlock()
    private var vendorNamedIt = false
    private var collected = ByteBuffer()

    init(_ gateway: Gateway, _ exchange: HTTPExchange, _ id: RequestID) {
        self.gateway = gateway
        self.exchange = exchange
        self.id = id
    }

    /// Reads the body and answers.
    func start() {
        exchange.onClientGone = { [self] in clientGone() }
        exchange.collectBody(limit: gateway.settings.bodyBytesMost) { [self] in bodyRead($0) }
    }

    private func bodyRead(_ result: Result<ByteBuffer, RequestProblem>) {
        switch result {
        case .success(let body):
            do throws(Refusal) {
                let summary = try RequestPipeline.summary(of: body, .anthropic)
                self.summary = summary
                ask(body, summary, try gateway.plan(summary))
            } catch { refuse(error) }
        case .failure(.clientGone): end()
        case .failure(let problem): refuse(RequestPipeline.refusal(for: problem, gateway.settings))
        }
    }

    /// Asks the first host that speaks the dialect, or nobody.
    private func ask(_ body: ByteBuffer, _ summary: RequestSummary, _ plan: AttemptPlan) {
        guard let attempt = plan.attempts.first(where: { $0.dialect == .anthropic }) else { return estimate() }
        let provider = gateway.catalog.providers[attempt.provider]
        let rewrite = RequestRewrite(summary, upstreamModel: attempt.upstreamModel, asksForUsage: false)
        let upstreamBody = rewrite.isIdentity ? body : gateway.rewritten(body, rewrite)
        let head = UpstreamRequest.head(
            for: exchange, to: provider, provider.tokenCountTarget, contentLength: upstreamBody.readableBytes,
            translated: false)
        var timeouts = provider.streamTimeouts
        timeouts.firstByte = min(timeouts.firstByte, Self.patience)
        timeouts.wait = min(timeouts.wait, Self.patience)
        call = gateway.upstreams.pool(for: provider).send(
            to: provider.origin, head: head, body: upstreamBody, timeouts: timeouts, receiver: self)
    }

    func upstreamHead(_ head: ResponseHead) {
        status = head.status
        vendorNamedIt = head.fields.contains("request-id")
        headers = UpstreamRequest.relayedFields(of: head, standing: nil, manner: nil)
    }

    func upstreamBody(_ bytes: ByteBuffer) {
        guard collected.readableBytes + bytes.readableBytes <= Self.answerBytesMost else {
            call?.cancel()
            return estimate()
        }
        if collected.readableBytes == 0 { collected = bytes } else { collected.writeImmutableBuffer(bytes) }
    }

    /// A count, or what the vendor has against the request, is passed on; whatever else went wrong there is not the client's.
    func upstreamEnd() {
        guard isCount || [400, 413, 422].contains(status) else { return estimate() }
        Answer.appendIdentity(of: id, .anthropic, vendorNamedIt: vendorNamedIt, to: &headers)
        exchange.respond(status: status, headers: headers, body: collected)
        end()
    }

    /// Some servers answer every path below /v1/messages with a message.
    private var isCount: Bool {
        guard status == 200, let answer = try? collected.withUnsafeReadableBytes({ try JSONValue(parsing: $0) }) else {
            return false
        }
        return answer["input_tokens"]?.integer != nil
    }

    func upstreamFailed(_ failure: UpstreamFailure) { estimate() }

    private func estimate() {
        guard let summary else { preconditionFailure("an estimate follows its summary") }
        let body = Array(#"{"input_tokens":\#(TokenEstimate.inputTokens(of: summary))}"#.utf8)
        exchange.respond(status: 200, body: ByteBuffer(bytes: body)) { [id] headers in
            headers.append("content-type", "application/json")
            headers.append("x-weir-estimated", "input_tokens")
            Answer.appendIdentity(of: id, .anthropic, to: &headers)
        }
        end()
    }

    private func refuse(_ refusal: Refusal) {
        Answer.refuse(refusal, .anthropic, id, on: exchange)
        end()
    }

    private func clientGone() {
        call?.cancel()
        end()
    }

    private func end() {
        exchange.onClientGone = nil
        call = nil
    }
}
