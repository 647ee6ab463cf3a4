// Sockets: a bound and listening descriptor, as systemd would hand over.

import Glibc
import NIOCore

struct SocketFailed: Error { let code: CInt }

/// A TCP socket listening on a free port of 127.0.0.1.
func boundSocket() throws -> CInt {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SocketFailed(code: errno) }
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
    let bound = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
    guard bound == 0, listen(descriptor, 128) == 0 else { throw SocketFailed(code: errno) }
    return descriptor
}
