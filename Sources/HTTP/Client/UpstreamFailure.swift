// UpstreamFailure: why a call to an upstream did not complete, and whether trying again is safe.
//
// For: failover and billing: what was sent may have been served and may be billed by the provider.
// Refuses: nothing.
// Called by: UpstreamConnection and OriginPool make it; gatewayd decides by `retry`.

/// The end of a call that did not complete.
public struct UpstreamFailure: Error, Sendable, Hashable {
    /// What happened.
    public enum Cause: Error, Sendable, Hashable {
        /// Every connection is busy and the queue is full.
        case poolExhausted
        /// No connection became free in time.
        case waitTimeout
        /// The name has no address.
        case resolveFailed
        /// Nobody accepted the connection.
        case connectFailed
        /// The name, TCP or TLS took too long.
        case connectTimeout
        /// The origin is guarded, and its guard let no connection be made. The refusal prints nothing of the address;
        /// its `operatorText` is for the log. Trying again is safe and of no use.
        case forbiddenAddress(AddressRefusal)
        /// The TLS handshake or the certificate's verification failed.
        case tlsFailed
        /// No complete head in time.
        case firstByteTimeout
        /// The body stopped.
        case idleTimeout
        /// The whole took too long.
        case totalTimeout
        /// The connection ended before the head of an answer.
        case closed
        /// The connection ended inside the body.
        case bodyTruncated
        /// Not HTTP/1.1.
        case malformed(Malformation)
        /// The pool was closed.
        case shuttingDown
    }

    /// How far the call had got.
    public enum RetryVerdict: Sendable, Hashable {
        /// The upstream has seen nothing of the request: always safe.
        case nothingSent
        /// Sent on a connection that had served before and was closed without a byte: almost certainly the upstream's
        /// idle timeout (RFC 9112 §9.3.1 allows a retry of idempotent requests).
        case noByteOnReusedConnection
        /// Sent on a fresh connection, no byte back: the request may be being served.
        case noByteBack
        /// Part of an answer came.
        case bytesReceived
    }

    /// What happened.
    public let cause: Cause
    /// How far it had got.
    public let retry: RetryVerdict
}
