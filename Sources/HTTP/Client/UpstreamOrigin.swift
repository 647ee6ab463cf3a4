// UpstreamOrigin: where a pool connects to, and how long it may take.
//
// For: the values a caller gives with each request.
// Refuses: nothing; the operator's addresses are checked when the catalog is read, those of others by the guard that
// made the origin.
// Called by: gatewayd, AddressGuard; UpstreamPool keys its connections by origin.

public import NIOCore

/// Scheme, host and port of an upstream, and the guard that watches connections to it; connections are shared per
/// origin.
public struct UpstreamOrigin: Sendable {
    /// TLS with verification, or plain TCP.
    public let secure: Bool
    /// Host name or IP address, without brackets; also the name sent in SNI and verified.
    public let host: String
    /// TCP port.
    public let port: Int
    /// Judges each new connection; `nil` for what the operator has configured. A pooled connection is not judged again:
    /// it was when it was made, the address of its other end cannot change, and nothing but its own guard's origins is
    /// sent over it.
    let addressGuard: AddressGuard?

    /// An origin of the operator's own, which may be anywhere. For all others see ``AddressGuard/origin(of:ports:)``.
    public init(secure: Bool, host: String, port: Int) {
        self.secure = secure
        self.host = host
        self.port = port
        addressGuard = nil
    }

    /// The origin of a URL whose text `addressGuard` has let pass.
    init(_ url: OutboundURL, guardedBy addressGuard: AddressGuard) {
        secure = url.isSecure
        host = url.host.text
        port = Int(url.port)
        self.addressGuard = addressGuard
    }
}

extension UpstreamOrigin: Hashable {
    /// Guards are told apart by which object they are.
    public static func == (one: UpstreamOrigin, other: UpstreamOrigin) -> Bool {
        one.port == other.port && one.secure == other.secure && one.addressGuard === other.addressGuard
            && one.host == other.host
    }

    /// See `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(secure)
        hasher.combine(host)
        hasher.combine(port)
        hasher.combine(addressGuard.map(ObjectIdentifier.init))
    }
}

/// How long each part of a call may take. All are kept to within one tick of the loop.
public struct UpstreamTimeouts: Sendable, Hashable {
    /// For one connection: name, TCP and TLS.
    public var connect: TimeAmount = .seconds(10)
    /// From `send` to having a connection.
    public var wait: TimeAmount = .seconds(15)
    /// From sending to the complete head of the answer (1xx do not count).
    public var firstByte: TimeAmount = .seconds(60)
    /// Between two reads of the body; does not run while reading is paused.
    public var idle: TimeAmount = .seconds(60)
    /// From `send` to the end.
    public var total: TimeAmount = .seconds(600)

    /// The defaults above: the vendors' own SDKs give up after ten minutes.
    public init() {}
}

/// Bounds of one loop's pool. They are per event loop: a gateway with n loops opens up to n times as many connections.
public struct PoolConfiguration: Sendable {
    /// Connections to one origin, those being made included.
    public var perOriginMax = 256
    /// Calls waiting for a connection beyond those that have one coming.
    public var waitersMax = 1024
    /// Origins remembered; idle ones are forgotten beyond it.
    public var originsMax = 256
    /// An unused connection is closed after this. Below the 60 s of common load balancers, so that they do not close
    /// first.
    public var idleTimeout: TimeAmount = .seconds(50)
    /// Socket receive buffer in bytes, so that a paused upstream does not fill megabytes of kernel memory that would
    /// all have to be read when it closes; `nil` leaves it to the kernel (up to 6 MiB).
    public var receiveBufferBytes: Int32? = 256 * 1024
    /// Bounds on heads of answers.
    public var limits = HeadLimits()

    /// The defaults above.
    public init() {}
}

/// How many connections and waiting calls a pool has.
public struct PoolCounts: Sendable, Hashable {
    /// Connected and unused.
    public var idle = 0
    /// Carrying a call.
    public var busy = 0
    /// Being made.
    public var connecting = 0
    /// Calls without a connection.
    public var waiting = 0
}
