// RawPeer: the other end of a connection, as bytes, driven step by step by a test.
//
// For: playing clients that misbehave and upstreams that die at a chosen moment.
// Refuses: waiting for ever: every wait fails after `patience`.
// Called by: the server and client tests; RawServer hands out accepted ones.

import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// A wait that took too long, with what had arrived.
struct ImpatientError: Error, CustomStringConvertible {
    let what: String
    let received: String
    var description: String { "waited for \(what) in vain; received \(received.debugDescription)" }
}

/// One connection. Methods may be called from any task, one at a time.
struct RawPeer: Sendable {
    let channel: any Channel
    private let inbox: NIOLoopBound<Inbox>

    /// Long enough for a loaded machine; nothing waits that long unless it is broken.
    static let patience = TimeAmount.seconds(60)

    /// Call on the channel's loop. `greeting` is sent when the channel becomes active, by its own thread: a busy machine
    /// cannot come between connecting and sending.
    init(channel: any Channel, greeting: [UInt8] = []) throws {
        let inbox = Inbox(eventLoop: channel.eventLoop, greeting: greeting)
        try channel.pipeline.syncOperations.addHandler(inbox)
        self.channel = channel
        self.inbox = NIOLoopBound(inbox, eventLoop: channel.eventLoop)
    }

    static func connect(
        _ address: SocketAddress, on group: any EventLoopGroup, greeting: [UInt8] = [], reading: Bool = true,
        tls: NIOSSLContext? = nil
    ) async throws -> RawPeer {
        try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: reading)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65536))
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try RawPeer(channel: channel, greeting: greeting)
                }
            }
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Waits until what has arrived and not been taken satisfies `isEnough`, and takes it all.
    @discardableResult
    func read(_ what: String, until isEnough: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await wait { $0.wait(what, until: isEnough) }
    }

    @discardableResult
    func read(through text: String) async throws -> String { try await read(text) { $0.contains(text) } }

    @discardableResult
    func read(bytes count: Int) async throws -> String { try await read("\(count) bytes") { $0.utf8.count >= count } }

    /// Everything until the other side closes.
    func readToEnd() async throws -> String { try await wait { $0.waitForEnd() } }

    /// Waits for the end and tells whether it came as an error (RST) instead of an orderly close.
    func endedWithError() async throws -> Bool {
        _ = try await readToEnd()
        return try await channel.eventLoop.submit { [inbox] in inbox.value.hasFailed }.get()
    }

    /// How much arrives until the other side closes, without keeping it.
    func countToEnd() async throws -> Int {
        try await channel.eventLoop.flatSubmit { [inbox] in inbox.value.countToEnd() }.get()
    }

    private func wait(_ body: @escaping @Sendable (Inbox) -> EventLoopFuture<String>) async throws -> String {
        try await channel.eventLoop.flatSubmit { [inbox] in body(inbox.value) }.get()
    }

    func setReading(_ reading: Bool) async throws { try await channel.setOption(.autoRead, value: reading).get() }

    func close() async { try? await channel.close() }

    /// Closes with RST instead of FIN.
    func reset() async throws {
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()
    }
}

private final class Inbox: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let eventLoop: any EventLoop
    private var received = ByteBuffer()
    private var hasEnded = false
    private(set) var hasFailed = false
    private var counted: Int?
    private var waiting: (isEnough: (String) -> Bool, promise: EventLoopPromise<String>)?
    private var counting: EventLoopPromise<Int>?

    private let greeting: [UInt8]

    init(eventLoop: any EventLoop, greeting: [UInt8]) {
        self.eventLoop = eventLoop
        self.greeting = greeting
    }

    func channelActive(context: ChannelHandlerContext) {
        if !greeting.isEmpty { context.writeAndFlush(NIOAny(ByteBuffer(bytes: greeting)), promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let counted {
            self.counted = counted + bytes.readableBytes
        } else {
            received.writeBuffer(&bytes)
            check()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        check()
        counting?.succeed(counted ?? 0)
        counting = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        hasFailed = true
        context.close(promise: nil)
    }

    func wait(_ what: String, until isEnough: @escaping (String) -> Bool) -> EventLoopFuture<String> {
        let promise = eventLoop.makePromise(of: String.self)
        waiting = (isEnough, promise)
        check()
        return impatient(what, promise)
    }

    func waitForEnd() -> EventLoopFuture<String> {
        let promise = eventLoop.makePromise(of: String.self)
        waiting = ({ _ in false }, promise)
        check()
        return impatient("the end", promise)
    }

    func countToEnd() -> EventLoopFuture<Int> {
        counted = received.readableBytes
        received.clear()
        let promise = eventLoop.makePromise(of: Int.self)
        counting = promise
        if hasEnded { promise.succeed(counted ?? 0) }
        return promise.futureResult
    }

    /// An end satisfies every wait: the test then sees what is missing.
    private func check() {
        guard let waiting, hasEnded || waiting.isEnough(String(buffer: received)) else { return }
        self.waiting = nil
        waiting.promise.succeed(String(buffer: received))
        received.clear()
    }

    private func impatient(_ what: String, _ promise: EventLoopPromise<String>) -> EventLoopFuture<String> {
        let timeout = eventLoop.assumeIsolated().scheduleTask(in: RawPeer.patience) {
            promise.fail(ImpatientError(what: what, received: String(buffer: self.received)))
        }
        promise.futureResult.whenComplete { _ in timeout.cancel() }
        return promise.futureResult
    }
}
