// IPAddress+Sockets: addresses as the kernel and NIO have them.
//
// For: handing exactly the judged bits to connect(2), reading back what the kernel says, and who is connected.
// Refuses: families other than IPv4 and IPv6 (nil).
// Called by: NameResolver, OwnAddresses, GuardedDial; gatewayd for the addresses of clients.

internal import Glibc
public import NIOCore

extension IPAddress {
    /// Where sockaddr_in and sockaddr_in6 have the address (ip(7), ipv6(7)): after family and port, in IPv6 after the
    /// flow, too.
    private static let offsets = (v4: 4, v6: 8)

    /// What `address` holds; its memory must be as large as its family says.
    init?(_ address: UnsafePointer<sockaddr>) {
        let memory = UnsafeRawPointer(address)
        switch CInt(memory.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            self.init(v4: UInt32(bigEndian: memory.loadUnaligned(fromByteOffset: Self.offsets.v4, as: UInt32.self)))
        case AF_INET6:
            self.init(v6: UInt128(bigEndian: memory.loadUnaligned(fromByteOffset: Self.offsets.v6, as: UInt128.self)))
        default: return nil
        }
    }

    /// The address of an IP socket; `nil` for a Unix socket.
    public init?(_ address: SocketAddress) {
        guard let own = address.withSockAddr({ pointer, _ in IPAddress(pointer) }) else { return nil }
        self = own
    }

    /// For connecting to `port`; from the bits, not from text.
    func socketAddress(port: UInt16) -> SocketAddress {
        guard let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: Int(port)) else {
            preconditionFailure("4 or 16 bytes are an address")
        }
        return address
    }
}
