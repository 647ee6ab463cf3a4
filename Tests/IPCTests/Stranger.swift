// Stranger: a peer made of a blocking socket and bytes, which may break every rule.
//
// For: tests of what arrives from peers that our own client would never be.

import Glibc

@testable import IPC

/// A frame as a stranger sees it.
struct StrangeFrame: Equatable {
    let kind: FrameKind
    let message: UInt16
    let call: UInt64
    let payload: [UInt8]

    /// The code of a failure frame.
    var failure: FailureCode? {
        guard kind == .failure, payload.count >= 2 else { return nil }
        return FailureCode(rawValue: UInt16(payload[0]) | UInt16(payload[1]) << 8)
    }
}

/// A blocking connection to a socket path. Reads give up after thirty seconds.
final class Stranger {
    private let descriptor: CInt

    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { return nil }
    }

    deinit { Glibc.close(descriptor) }

    /// Writes all of `bytes`; `false` when the peer is gone.
    @discardableResult
    func send(_ bytes: [UInt8], flags: CInt = 0) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, flags | Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Writes what fits without waiting; the count written, 0 when nothing fits.
    func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return max(0, bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) })
    }

    /// Exactly `count` bytes, `nil` when the peer closed or thirty seconds passed.
    func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var have = 0
        while have < count {
            let more = bytes[have...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard more > 0 else { return nil }
            have += more
        }
        return bytes
    }

    /// The next frame, `nil` at the end of the connection.
    func next() -> StrangeFrame? {
        guard let length = read(4), let rest = read(length.enumerated().reduce(0) { $0 | Int($1.1) << (8 * $1.0) })
        else {
            return nil
        }
        let message = UInt16(rest[2]) | UInt16(rest[3]) << 8
        let call = (0..<8).reduce(UInt64(0)) { $0 | UInt64(rest[4 + $1]) << UInt64(8 * $1) }
        guard let kind = FrameKind(rawValue: rest[0]) else { return nil }
        return StrangeFrame(kind: kind, message: message, call: call, payload: Array(rest.dropFirst(16)))
    }

    /// Says hello as `role` and gives the answer.
    @discardableResult
    func greet(
        _ role: PeerRole = .gatewayd, versions: ProtocolVersions = .ours, trailing: [UInt8] = []
    ) -> StrangeFrame? {
        let hello = Hello(versions: versions, identity: PeerIdentity(role: role, instance: 3, build: "stranger"))
        send(
            Self.frame(FrameHeader(.hello)) { writer in
                hello.encode(to: &writer)
                trailing.withUnsafeBytes { writer.raw($0) }
            })
        return next()
    }

    /// Sends a request.
    @discardableResult
    func ask<Request: CallRequest>(
        _ request: Request, call: UInt64, deadlineMillis: UInt32 = 0, trailing: [UInt8] = []
    ) -> Bool {
        let header = FrameHeader(
            .request, message: Request.number.rawValue, call: call, deadlineMillis: deadlineMillis)
        return send(
            Self.frame(header) { writer in
                request.encode(to: &writer)
                trailing.withUnsafeBytes { writer.raw($0) }
            })
    }

    /// The bytes of a frame.
    static func frame(_ header: FrameHeader, _ payload: (inout WireWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = WireWriter()
        let written = writer.frame(header, payload)
        precondition(written, "a stranger breaks rules by bytes, not by limits of our writer")
        return Array(writer.bytes)
    }
}
