// ListeningPlace: which socket each configured listener gets.
//
// For: start-up, by hand and under a service manager that has opened the sockets.
// Refuses: sockets and configuration that do not match: serving TLS on a socket meant for none would be worse than not serving.
// Called by: GatewayDaemon.

import DaemonKit
import HTTP

/// A configured listener and where it listens.
struct ListeningPlace {
    let configuration: ListenerConfiguration
    let address: HTTP.ListenAddress

    /// What the service manager calls sockets for listeners without TLS, and for those with.
    static let plainName = "http"
    static let tlsName = "https"

    /// Each listener by itself, or, when the service manager passed sockets for clients, the sockets one for one in order.
    static func all(
        of listeners: [ListenerConfiguration], _ sockets: InheritedSockets
    ) throws(SocketMismatch) -> [ListeningPlace] {
        var plain = sockets.copies(named: plainName)[...]
        var secure = sockets.copies(named: tlsName)[...]
        guard !plain.isEmpty || !secure.isEmpty else { return listeners.map(bound) }
        let wanted = (listeners.count { $0.tls == nil }, listeners.count { $0.tls != nil })
        guard wanted == (plain.count, secure.count) else {
            throw SocketMismatch(
                plain: plain.count, secure: secure.count, wantedPlain: wanted.0, wantedSecure: wanted.1)
        }
        return listeners.map { listener in
            let descriptor = listener.tls == nil ? plain.removeFirst() : secure.removeFirst()
            return ListeningPlace(configuration: listener, address: .descriptor(descriptor))
        }
    }

    private static func bound(_ listener: ListenerConfiguration) -> ListeningPlace {
        ListeningPlace(
            configuration: listener, address: .address(host: listener.address.host, port: listener.address.port))
    }
}

/// The service manager's sockets are not those of the configuration.
struct SocketMismatch: Error, CustomStringConvertible {
    let plain: Int
    let secure: Int
    let wantedPlain: Int
    let wantedSecure: Int

    var description: String {
        "the service manager passed \(plain) sockets named http and \(secure) named https, and the configuration has "
            + "\(wantedPlain) listeners without tls and \(wantedSecure) with"
    }
}
