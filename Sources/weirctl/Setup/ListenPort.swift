// ListenPort: whether an address is free, before a configuration names it.
//
// For: the first `weirctl up --demo`, which chooses the demo's port and wants to say early that 8080 is taken.
// Refuses: nothing; an address it cannot judge (a host name, IPv6) counts as free and the daemon will tell.
// Called by: UpCommand.

import DaemonKit
import Glibc

enum ListenPort {
    /// Whether something else listens there already.
    static func isTaken(_ address: NetworkAddress) -> Bool {
        guard let file = bound(address.host, address.port) else { return errno == EADDRINUSE }
        close(file)
        return false
    }

    /// `preferred` on the loopback address if it is free, else one that the kernel chooses.
    static func loopback(preferring preferred: Int) -> Int {
        guard let file = bound("127.0.0.1", preferred) ?? bound("127.0.0.1", 0) else { return preferred }
        defer { close(file) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(file, $0, &length) }
        }
        return named == 0 ? Int(UInt16(bigEndian: address.sin_port)) : preferred
    }

    /// A socket bound to an IPv4 address; `nil` with errno when that did not work, errno 0 when it is no IPv4 address.
    private static func bound(_ host: String, _ port: Int) -> Int32? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            errno = 0
            return nil
        }
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { return nil }
        var yes: Int32 = 1
        // What daemons do too: connections that linger after a restart do not count as taken.
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isBound { return file }
        let reason = errno
        close(file)
        errno = reason
        return nil
    }
}
