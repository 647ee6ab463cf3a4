// AgentErrand: one call to a provider under way, until its whole answer is there.
//
// For: AgentRunner.
// Refuses: answers beyond the bound. Nothing is tried twice and no redirect is followed.
// Called by: AgentRunner (start), HTTP's upstream client, AgentRequest (cancel), all on one event loop.

import Connections
import HTTP
import NIOCore

/// Loop-bound. Kept alive by its upstream call.
final class AgentErrand: UpstreamReceiver {
    private let plan: PlannedAgentCall
    private let runner: AgentRunner
    private let answerBytesMost: Int
    private let startedNanos = Clock.monotonicNanos()
    private var done: ((AgentAnswer) -> Void)?
    private var call: UpstreamCall?
    private var head: ResponseHead?
    private var body = ByteBuffer()

    init(
        _ plan: PlannedAgentCall, _ runner: AgentRunner, answerBytesMost: Int, _ done: @escaping (AgentAnswer) -> Void
    ) {
        (self.plan, self.runner, self.answerBytesMost, self.done) = (plan, runner, answerBytesMost, done)
    }

    func start(_ pool: UpstreamPool, _ origin: UpstreamOrigin) {
        let request = plan.request
        call = pool.send(
            to: origin, head: Self.head(of: request), body: ByteBuffer(bytes: request.body?.bytes ?? []),
            timeouts: Self.timeouts(TimeAmount(request.timeout)), receiver: self)
    }

    /// Nobody waits for the answer any more: the call is broken off and `done` is not called.
    func cancel() {
        guard done != nil else { return }
        call?.cancel()
        runner.desk.abandoned()
        finish()
    }

    func upstreamHead(_ head: ResponseHead) { self.head = head }

    func upstreamBody(_ bytes: ByteBuffer) {
        guard body.readableBytes + bytes.readableBytes <= answerBytesMost else {
            call?.cancel()
            return fail(.tooLarge(plan.provider, most: answerBytesMost))
        }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }

    func upstreamEnd() {
        guard let head else { preconditionFailure("an answer has a head") }
        let answer = body.withUnsafeReadableBytes { bytes in
            AgentAnswer.of(
                status: head.status, contentType: head.fields.text(of: "content-type"),
                retryAfterSeconds: head.fields.withValue(of: "retry-after", RetryAfter.seconds) ?? nil, body: bytes,
                to: plan.call, from: plan.provider, hiding: plan.secrets)
        }
        if answer.rejectsCredential { runner.tokens?.reject(plan.account, generation: plan.generation) }
        end(answer) { $0.answered(plan, status: head.status, answer) }
    }

    func upstreamFailed(_ failure: UpstreamFailure) { fail(AgentMisfortune(failure, plan.provider)) }

    private func fail(_ misfortune: AgentMisfortune) {
        end(AgentAnswer(misfortune.failure)) { $0.failed(plan.ask, misfortune) }
    }

    private func end(_ answer: AgentAnswer, _ note: (AgentDesk) -> Void) {
        guard let done else { return }
        runner.desk.took(micros: Int((Clock.monotonicNanos() &- startedNanos) / 1000))
        note(runner.desk)
        finish()
        done(answer)
    }

    private func finish() {
        (done, call) = (nil, nil)
        runner.ended()
    }
}

// The request.
extension AgentErrand {
    private static func head(of request: OutboundRequest) -> ByteBuffer {
        request.target.bytes.withUnsafeBytes { target in
            var builder = UpstreamHeadBuilder(
                method: request.method.token, target: target, host: request.origin.hostField)
            builder.headers.append("accept-encoding", "identity")
            for field in request.fields {
                var name = field.name
                name.withUTF8 { name in
                    field.value.bytes.withUnsafeBytes {
                        _ = builder.headers.append(name: UnsafeRawBufferPointer(name), value: $0)
                    }
                }
            }
            let hasBody = request.body != nil || request.method.takesBody
            return builder.finish(contentLength: hasBody ? request.body?.bytes.count ?? 0 : nil)
        }
    }

    /// One limit for everything.
    private static func timeouts(_ total: TimeAmount) -> UpstreamTimeouts {
        var timeouts = UpstreamTimeouts()
        timeouts.connect = min(timeouts.connect, total)
        timeouts.wait = min(timeouts.wait, total)
        (timeouts.firstByte, timeouts.idle, timeouts.total) = (total, total, total)
        return timeouts
    }
}

extension Connections.RequestMethod {
    /// As the request line has it.
    fileprivate var token: StaticString {
        switch self {
        case .get: "GET"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .head: "HEAD"
        }
    }
}
