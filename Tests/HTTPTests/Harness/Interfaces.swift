// Interfaces: this machine's addresses as getifaddrs(3) lists them, and places that are hard to reach.
//
// For: comparing with what OwnAddresses says, and time limits of dialling.
// Refuses: nothing; a machine that cannot be asked has no addresses.
// Called by: the tests of Guard/.

import Glibc
import NIOCore
import Synchronization

@testable import HTTP

/// Every IPv4 and IPv6 address of every interface.
func interfaceAddresses() -> [IPAddress] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0, let first = list else { return [] }
    defer { freeifaddrs(first) }
    return sequence(first: first) { $0.pointee.ifa_next }.compactMap { entry in
        entry.pointee.ifa_addr.flatMap { IPAddress($0) }
    }
}

/// A listener at 127.0.0.1 whose queue is full: who connects hears nothing, neither yes nor no.
final class FullListener {
    let port: UInt16
    private let listener: CInt
    private var fillers: [CInt] = []

    init() throws {
        listener = try boundSocket()
        port = try localPort(of: listener)
        // A second listen(2) makes the queue as short as it can be.
        guard listen(listener, 0) == 0 else { throw SocketFailed(code: errno) }
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        for _ in 0..<4 {
            let filler = socket(AF_INET, kind, 0)
            fillers.append(filler)
            _ = IPAddress(v4: 0x7F00_0001).socketAddress(port: port).withSockAddr {
                connect(filler, $0, socklen_t($1))
            }
        }
    }

    deinit {
        for filler in fillers { close(filler) }
        close(listener)
    }
}

/// Gives the first port once, and the second from then on.
final class Alternating: Sendable {
    private let isFirst = Mutex(true)
    private let ports: (first: UInt16, then: UInt16)

    init(_ first: UInt16, _ then: UInt16) { ports = (first, then) }

    @Sendable func next(_ address: IPAddress, _ port: UInt16) -> SocketAddress {
        let isFirst = isFirst.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
        }
        return address.socketAddress(port: isFirst ? ports.first : ports.then)
    }
}
