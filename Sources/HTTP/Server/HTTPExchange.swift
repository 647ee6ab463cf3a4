// HTTPExchange: one request and its answer, as a handler sees them.
//
// For: handlers, which may keep it for as long as they like: once answered or gone every call is ignored.
// Refuses: a second answer, a second collectBody (traps: these are bugs of the handler).
// Called by: ServerConnection makes and reuses it; RequestHandler uses it, on the connection's loop only.

public import NIOCore

/// One request and its answer.
public final class HTTPExchange {
    /// The loop all of this happens on.
    public let loop: HTTPLoop
    /// The request's head. Valid until the next request of the connection, in any case until the answer is finished.
    public internal(set) var head = RequestHead()
    /// Called when the client goes before the answer is finished; at most once, and not when a pending `collectBody` was
    /// told `.clientGone`. Cleared when the answer is finished.
    public var onClientGone: (() -> Void)?
    /// Called when `isWritable` changes, until the answer is finished.
    public var onWritabilityChanged: ((Bool) -> Void)?

    /// `nil` once answered or gone.
    var connection: ServerConnection?
    var isStreaming = false

    init(loop: HTTPLoop) { self.loop = loop }

    /// The event loop all of this happens on.
    public var eventLoop: any EventLoop { loop.eventLoop }
    /// Answered completely, aborted, or the client is gone.
    public var isFinished: Bool { connection == nil }
    /// Whether writing more now is reasonable; false while the client has not taken what was written.
    public var isWritable: Bool { connection?.isWritable ?? false }
    /// The client's address.
    public var remoteAddress: SocketAddress? { connection?.remoteAddress }
    /// Whether the request came over TLS.
    public var isSecure: Bool { connection?.isSecure ?? false }

    /// Reads the whole body, inflating gzip and deflate, into at most `limit` bytes.
    ///
    /// Sends 100 Continue when it was asked for. `done` is called exactly once, possibly before this returns. On a failure
    /// other than `.clientGone` answer with `problem.status`; the connection closes after that answer.
    public func collectBody(limit: Int, _ done: @escaping (Result<ByteBuffer, RequestProblem>) -> Void) {
        guard let connection else { return done(.failure(.clientGone)) }
        connection.collectBody(limit: limit, done)
    }

    /// Answers with a complete body. `content-length` is added; HEAD, 204 and 304 are answered without the body.
    public func respond(status: Int, headers: HeaderBlock, body: ByteBuffer) {
        connection?.respond(status: status, body: body) { $0.bytes.writeImmutableBuffer(headers.bytes) }
    }

    /// As above, the fields written straight into the connection's output: nothing is allocated.
    public func respond(status: Int, body: ByteBuffer, headers: (inout HeaderBlock) -> Void) {
        connection?.respond(status: status, body: body, headers)
    }

    /// Begins an answer of unknown length: chunked, or until close for an HTTP/1.0 client.
    public func startStream(status: Int, headers: HeaderBlock) {
        connection?.startStream(status: status) { $0.bytes.writeImmutableBuffer(headers.bytes) }
    }

    /// Sends `bytes` of a begun stream; empty ones send nothing.
    public func write(_ bytes: ByteBuffer) { connection?.writeStream(bytes) }

    /// As above for bytes that are only borrowed: copied straight into the connection's output, nothing is allocated.
    public func write(_ bytes: UnsafeRawBufferPointer) { connection?.writeStream(bytes) }

    /// Ends a begun stream properly.
    public func finish() { connection?.finishStream() }

    /// Ends the connection at once, so that the client sees a broken stream and not a complete one.
    public func abort() { connection?.abort() }

    /// No callbacks and no connection from here on.
    func detach() {
        connection = nil
        isStreaming = false
        onClientGone = nil
        onWritabilityChanged = nil
    }
}
