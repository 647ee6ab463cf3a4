// ServerConfiguration: every bound and timeout of the listening side, with its default and where the number comes from.
//
// For: gatewayd's configuration, which maps its settings onto this.
// Refuses: nothing; values are used as given, so validate them where they are read.
// Called by: HTTPServer and ServerConnection.

public import NIOCore

/// Bounds of the listening side. All times are kept to within one tick.
public struct ServerConfiguration: Sendable {
    /// Heads, targets and field counts.
    public var limits = HeadLimits()
    /// From the first byte of a head, or from accepting, to its last byte. nginx gives 60 s; slowloris lives on that.
    public var headTimeout: TimeAmount = .seconds(15)
    /// Between two requests. Longer than the 60 s idle of common client pools, so that they close first.
    public var keepAliveTimeout: TimeAmount = .seconds(75)
    /// During a drain, between the end of an answer and the first byte of the next head: a round trip around the world, thrice.
    public var quietTimeout: TimeAmount = .seconds(1)
    /// Between two reads of a body that is being collected.
    public var bodyIdleTimeout: TimeAmount = .seconds(30)
    /// For a whole body: 32 MiB at 64 KiB/s, a slow uplink.
    public var bodyTimeout: TimeAmount = .seconds(512)
    /// With output waiting and the client taking none of it.
    public var writeIdleTimeout: TimeAmount = .seconds(60)
    /// For reading away what a client still sends after an answer that ends the connection, lest a reset destroys it.
    public var lingerTimeout: TimeAmount = .seconds(2)
    /// Bytes read away in that time.
    public var lingerBytesMax = 1 << 20
    /// Bytes of an uncollected body read away to keep a connection alive; more costs less to reconnect.
    public var drainBytesMax = 64 * 1024
    /// Bytes kept of requests behind the one being answered, and of a body not yet asked for. Beyond it reading stops.
    public var pipelinedBytesMax = 64 * 1024
    /// Connections at a time; those beyond are closed on arrival.
    public var connectionsMax = 10_000
    /// Output waiting per connection at which `isWritable` turns false, and below which it turns true again. Small, so that
    /// a stalled reader of a long stream costs less than 0.1 MiB.
    public var writeHighWatermark = 64 * 1024
    public var writeLowWatermark = 16 * 1024
    /// Connections the kernel holds before accept; capped by net.core.somaxconn (4096 on current kernels).
    public var backlog: Int32 = 4096
    /// The precision of the timeouts above.
    public var tick: TimeAmount = .milliseconds(100)

    /// The defaults above.
    public init() {}
}

/// Where to listen.
public enum ListenAddress: Sendable, Hashable {
    /// A host name or address and a port; 0 lets the kernel choose.
    case address(host: String, port: Int)
    /// A listening socket that is already bound, for example handed over by systemd. It is owned from here on.
    case descriptor(CInt)
}
