// ResponseHead: what an upstream answered, before its body.
//
// For: deciding relay, failover and metering on status and fields as received.
// Refuses: nothing; ResponseHeadParser has.
// Called by: UpstreamConnection fills it, UpstreamReceiver reads it.

/// Status, version and fields of one response. Interim (1xx) answers never get this far.
public struct ResponseHead: Sendable {
    /// 200…599.
    public internal(set) var status = 0
    /// HTTP/1.0 or HTTP/1.1.
    public internal(set) var version = HTTPVersion.http11
    /// The header fields.
    public internal(set) var fields = FieldTable()
    /// Bytes of body when known beforehand: Content-Length, or 0 where there can be none; `nil` for chunked and
    /// close-delimited bodies.
    public internal(set) var bodyLength: Int?

    init() {}

    mutating func removeAll() {
        status = 0
        version = .http11
        bodyLength = nil
        fields.removeAll()
    }
}
