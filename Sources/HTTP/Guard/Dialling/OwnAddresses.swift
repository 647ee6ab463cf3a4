// OwnAddresses: whether an address is one of this machine's.
//
// For: the address guard, so that nobody has us call ourselves or a neighbour on the same machine, by whatever address.
// Refuses: to guess: where the kernel cannot be asked, the address counts as ours.
// Called by: AddressPolicy, through AddressGuard, for addresses that would pass otherwise.
//
// The kernel is asked by binding a datagram socket to the address: it allows just what it would deliver to itself. That
// needs no netlink, which the units forbid and getifaddrs(3) needs, and it knows what no list of interfaces has: all of
// 127.0.0.0/8, and addresses that are local by a route, as clouds set them up for load balancers. Nothing is sent.

internal import Glibc
internal import NIOCore

enum OwnAddresses {
    /// Whether connecting to `address` would lead to this machine.
    static func contains(_ address: IPAddress) -> Bool {
        switch binding(to: address) {
        case 0: !allowsForeignBinding(address.family) || isItsOwnSource(address)
        case EADDRNOTAVAIL, EAFNOSUPPORT: false
        default: isItsOwnSource(address)
        }
    }

    /// Addresses that nobody gives a machine: the last but one of class E, the last of fc00::/7.
    private static let nobodys = (
        v4: IPAddress(v4: 0xFFFF_FFFE), v6: IPAddress(v6: UInt128(0xFDFF) << 112 | .max >> 16)
    )

    /// With `ip_nonlocal_bind`, which high-availability set-ups switch on, binding tells nothing.
    private static func allowsForeignBinding(_ family: IPAddress.Family) -> Bool {
        binding(to: family == .v4 ? nobodys.v4 : nobodys.v6) == 0
    }

    /// 0, or why binding failed.
    private static func binding(to address: IPAddress) -> CInt {
        withSocket(address.family) { descriptor in
            address.socketAddress(port: 0).withSockAddr { bind(descriptor, $0, socklen_t($1)) == 0 ? 0 : errno }
        } ?? errno
    }

    /// The second way to ask: from where would a datagram to `address` come? From `address` itself or from loopback, if
    /// it is ours; only further addresses of an interface are missed. Connecting a datagram socket sends nothing.
    private static func isItsOwnSource(_ address: IPAddress) -> Bool {
        let answer = withSocket(address.family) { descriptor -> Bool in
            let discardPort: UInt16 = 9
            let connected = address.socketAddress(port: discardPort).withSockAddr {
                connect(descriptor, $0, socklen_t($1))
            }
            // Nowhere is not here.
            guard connected == 0, let source = source(of: descriptor) else { return false }
            return source == address || AddressVerdict(source).addressClass == .loopback
        }
        return answer ?? true
    }

    private static func source(of descriptor: CInt) -> IPAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0 ? IPAddress(address) : nil
            }
        }
    }

    /// `nil` without a socket; errno says why.
    private static func withSocket<T>(_ family: IPAddress.Family, _ body: (CInt) -> T) -> T? {
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family == .v4 ? AF_INET : AF_INET6, kind, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return body(descriptor)
    }
}
