// PoolFixture: an upstream pool on its own loop, and calls as values.
//
// For: the client tests.
// Refuses: nothing.
// Called by: the tests of Client/.

import NIOCore
import NIOPosix

@testable import HTTP

/// What became of a call.
struct CallOutcome: Sendable {
    var status = 0
    var fields: [String] = []
    var bodyLength: Int?
    var body = ""
    var failure: UpstreamFailure?
}

/// Records an answer; two promises tell a test of the head and of the end.
final class RecordingReceiver: UpstreamReceiver {
    let headArrived: EventLoopPromise<Int>
    let ended: EventLoopPromise<CallOutcome>
    var outcome = CallOutcome()
    var onBody: ((ByteBuffer) -> Void)?

    init(eventLoop: any EventLoop) {
        headArrived = eventLoop.makePromise()
        ended = eventLoop.makePromise()
    }

    deinit {
        // After cancel() nothing is told; nobody may wait for it.
        headArrived.fail(ChannelError.eof)
        ended.fail(ChannelError.eof)
    }

    func upstreamHead(_ head: ResponseHead) {
        outcome.status = head.status
        outcome.fields = describe(head.fields)
        outcome.bodyLength = head.bodyLength
        headArrived.succeed(head.status)
    }

    func upstreamBody(_ bytes: ByteBuffer) {
        if let onBody { onBody(bytes) } else { outcome.body += String(buffer: bytes) }
    }

    func upstreamEnd() { end() }

    func upstreamFailed(_ failure: UpstreamFailure) {
        outcome.failure = failure
        headArrived.fail(failure)
        end()
    }

    private func end() { ended.succeed(outcome) }
}

/// A call under way, from a test's side.
struct PendingCall: Sendable {
    let call: NIOLoopBound<UpstreamCall>
    let head: EventLoopFuture<Int>
    let ended: EventLoopFuture<CallOutcome>
    let eventLoop: any EventLoop

    func outcome() async throws -> CallOutcome { try await ended.get() }
    func cancel() async throws { try await eventLoop.submit { call.value.cancel() }.get() }
}

struct PoolFixture: Sendable {
    let group: MultiThreadedEventLoopGroup
    let eventLoop: any EventLoop
    let pool: NIOLoopBound<UpstreamPool>

    static func run(
        configuration: PoolConfiguration = PoolConfiguration(), tls: UpstreamTLS? = nil,
        _ body: (PoolFixture) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let eventLoop = group.next()
        let pool = try await eventLoop.submit {
            let loop = HTTPLoop(eventLoop: eventLoop, tick: .milliseconds(5))
            return NIOLoopBound(UpstreamPool(loop: loop, configuration: configuration, tls: tls), eventLoop: eventLoop)
        }.get()
        let fixture = PoolFixture(group: group, eventLoop: eventLoop, pool: pool)
        do {
            try await body(fixture)
        } catch {
            try await fixture.end()
            throw error
        }
        try await fixture.end()
    }

    private func end() async throws {
        try await eventLoop.submit { pool.value.close() }.get()
        try await group.shutdownGracefully()
    }

    /// Starts "`method` /" with `body` to `port`.
    func start(
        _ method: StaticString = "POST", body: String = "{}", port: Int, host: String = "127.0.0.1",
        secure: Bool = false,
        timeouts: UpstreamTimeouts = UpstreamTimeouts(), onBody: (@Sendable (ByteBuffer) -> Void)? = nil
    ) async throws -> PendingCall {
        let origin = UpstreamOrigin(secure: secure, host: host, port: port)
        return try await start(method, to: origin, body: body, timeouts: timeouts, onBody: onBody)
    }

    /// The same to any origin.
    func start(
        _ method: StaticString = "POST", to origin: UpstreamOrigin, body: String = "{}",
        timeouts: UpstreamTimeouts = UpstreamTimeouts(), onBody: (@Sendable (ByteBuffer) -> Void)? = nil
    ) async throws -> PendingCall {
        try await eventLoop.submit { [eventLoop, pool] in
            let receiver = RecordingReceiver(eventLoop: eventLoop)
            receiver.onBody = onBody
            let bytes = ByteBuffer(string: body)
            let head = UpstreamHeadBuilder(method: method, target: "/", host: origin.host).finish(
                contentLength: bytes.readableBytes)
            let call = pool.value.send(to: origin, head: head, body: bytes, timeouts: timeouts, receiver: receiver)
            return PendingCall(
                call: NIOLoopBound(call, eventLoop: eventLoop), head: receiver.headArrived.futureResult,
                ended: receiver.ended.futureResult, eventLoop: eventLoop)
        }.get()
    }

    func counts() async throws -> PoolCounts { try await eventLoop.submit { pool.value.counts }.get() }

    /// Waits until the counts are as wanted.
    func wait(for isReached: (PoolCounts) -> Bool) async throws {
        try await eventually("pool counts") { isReached(try await counts()) }
    }
}
