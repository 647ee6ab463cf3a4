// RequestHandler: what the daemon behind the HTTP edge implements.
//
// For: gatewayd and the demo upstream: one object per event loop, called with each request.
// Refuses: nothing.
// Called by: ServerConnection, on the connection's event loop.

public import NIOCore

/// Answers requests. One instance per event loop; never called from another.
public protocol RequestHandler: AnyObject {
    /// A head has been read. Answer now or later, through `exchange`.
    func handle(_ exchange: HTTPExchange)

    /// The body (and further fields, such as content-type and a request id) of an answer to something that never became
    /// a request. The status is `refused.problem.status`; the connection closes after it.
    func refusal(of refused: RefusedRequest, headers: inout HeaderBlock) -> ByteBuffer
}

/// A request the codec refused.
public struct RefusedRequest {
    /// Why.
    public let problem: RequestProblem
    /// The target as sent, when it had been read: enough to answer in the caller's dialect.
    public let target: ByteBuffer?
}
