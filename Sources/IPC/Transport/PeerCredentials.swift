// PeerCredentials and PeerPolicy: who is calling, by the kernel's word, and which roles that user may claim.
//
// For: the listening side, once per connection.
// Refuses: sockets that have no peer credentials; roles a user was not given.
// Called by: PeerConnection, the daemons' configuration.

import Glibc
import NIOCore

/// The process at the other end when it connected (`SO_PEERCRED`, unix(7)).
public struct PeerCredentials: Hashable, Sendable {
    public var pid: Int32
    public var uid: UInt32
    public var gid: UInt32

    public init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    /// Asks the kernel about the peer of `channel`. The future is already complete on the channel's own loop.
    static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let option = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        let answer: EventLoopFuture<KernelCredentials> = options.unsafeGetSocketOption(level: .socket, name: option)
        return answer.map { PeerCredentials(pid: $0.pid, uid: $0.uid, gid: $0.gid) }
    }

    /// `struct ucred` of socket(7), which Glibc's module hides behind _GNU_SOURCE.
    private struct KernelCredentials {
        var pid: Int32
        var uid: UInt32
        var gid: UInt32
    }
}

/// Which roles a user id may claim in its hello.
public struct PeerPolicy: Hashable, Sendable {
    private var roles: [UInt32: PeerRoles]

    /// A policy that allows exactly what `roles` says.
    public init(_ roles: [UInt32: PeerRoles]) { self.roles = roles }

    /// For development: this process's own user and root may claim any role.
    public static func development() -> PeerPolicy {
        var policy = PeerPolicy([0: .all])
        policy.allow(.all, for: getuid())
        return policy
    }

    /// Lets `uid` claim `more` too.
    public mutating func allow(_ more: PeerRoles, for uid: UInt32) { roles[uid, default: []].formUnion(more) }

    /// Whether a process of `uid` may call itself `role`.
    public func permits(_ role: PeerRole, uid: UInt32) -> Bool { roles[uid, default: []].contains(role) }
}
