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

/// The port that a bound IP socket has: bytes 2 and 3 of its address (ip(7), ipv6(7)).
func localPort(of descriptor: CInt) throws -> UInt16 {
    var bytes = [UInt8](repeating: 0, count: 128)
    var length = socklen_t(bytes.count)
    let found = bytes.withUnsafeMutableBytes { bytes in
        bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &length) }
    }
    guard found == 0 else { throw SocketFailed(code: errno) }
    return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
}
