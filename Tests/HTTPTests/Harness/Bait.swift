// Bait: a port on every address of this machine that counts who comes.
//
// For: showing that no connection was made. The kernel accepts into a queue, so a connection that was made cannot be
// missed.
// Refuses: machines without IPv6 on loopback (throws, saying so): half of the guard could not be tried there.
// Called by: the tests of Guard/.

import Glibc
import NIOCore

final class Bait {
    struct NeedsIPv6: Error, CustomStringConvertible {
        let description = "these tests need IPv6 on loopback: [::]:port could not be bound"
    }

    let port: UInt16
    private let v4: CInt
    private let v6: CInt

    /// Listens on 0.0.0.0 and [::] at one port.
    init() throws {
        v4 = try Self.listening(AF_INET, "0.0.0.0", port: 0)
        port = try localPort(of: v4)
        do {
            v6 = try Self.listening(AF_INET6, "::", port: port)
        } catch {
            close(v4)
            throw NeedsIPv6()
        }
    }

    deinit {
        close(v4)
        close(v6)
    }

    /// How many have come since it was asked last.
    func arrivals() -> Int { Self.drain(v4) + Self.drain(v6) }

    private static func drain(_ listener: CInt) -> Int {
        var count = 0
        while true {
            let accepted = accept(listener, nil, nil)
            guard accepted >= 0 else { return count }
            close(accepted)
            count += 1
        }
    }

    private static func listening(_ family: CInt, _ host: String, port: UInt16) throws -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw SocketFailed(code: errno) }
        var on: CInt = 1
        if family == AF_INET6 {
            setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<CInt>.size))
        }
        let address = try SocketAddress(ipAddress: host, port: Int(port))
        let bound = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
        guard bound == 0, listen(descriptor, 128) == 0 else {
            let code = errno
            close(descriptor)
            throw SocketFailed(code: code)
        }
        return descriptor
    }
}
