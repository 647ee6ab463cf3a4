// ServiceNotifier: tells the service manager what this daemon is doing.
//
// For: systemd's Type=notify and notify-reload. The protocol is one datagram of `KEY=value` lines (sd_notify(3)),
// which is less than a library to link.
// Refuses: nothing; without NOTIFY_SOCKET every call does nothing, and a manager that does not listen is not this
// daemon's trouble.
// Called by: DaemonMain and the daemons' Main.swift.

import Glibc

/// Sends state changes to the service manager, if there is one.
public struct ServiceNotifier: Sendable {
    private let socketPath: String?

    /// Whether anybody is told.
    public var isListening: Bool { socketPath != nil }

    /// `socketPath` as systemd gives it: a path, or a name beginning with `@` in the abstract namespace.
    public init(socketPath: String?) { self.socketPath = socketPath }

    /// The notifier of this process.
    public static var ofProcess: ServiceNotifier {
        ServiceNotifier(socketPath: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
    }

    /// The daemon answers now: after start, and after a reload.
    public func ready(status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }

    /// The configuration is being read again. `MONOTONIC_USEC` is what notify-reload matches the following READY=1
    /// with.
    public func reloading() { send("RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)") }

    /// The drain has begun and may take `limit`, whatever the unit's stop timeout says.
    public func stopping(status: String, within limit: Duration) {
        let microseconds = limit.components.seconds * 1_000_000 + limit.components.attoseconds / 1_000_000_000_000
        send("STOPPING=1\nSTATUS=\(Self.line(status))\nEXTEND_TIMEOUT_USEC=\(microseconds)")
    }

    /// The daemon's work loops turn (WatchdogSec=), and one line for `systemctl status`.
    public func alive(status: String) { send("WATCHDOG=1\nSTATUS=\(Self.line(status))") }

    /// Another process of the unit is the main one from now on.
    func mainProcess(_ process: Int32) { send("MAINPID=\(process)") }

    /// One line for `systemctl status`.
    public func status(_ text: String) { send("STATUS=\(Self.line(text))") }

    private static func line(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }

    private static var monotonicMicroseconds: Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1_000_000 + now.tv_nsec / 1000
    }

    private func send(_ message: String) {
        guard let socketPath, var address = UnixAddress(socketPath) else { return }
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        let bytes = Array(message.utf8)
        address.withPointer { pointer, length in
            _ = sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), pointer, length)
        }
    }
}

/// How often the service manager wants to hear that the daemon is alive.
public enum ServiceHeartbeat {
    /// The longest time between two beats, for `systemctl status` to be fresh without a watchdog too.
    public static let longest: Duration = .seconds(5)

    /// Half of what `WATCHDOG_USEC` allows (sd_watchdog_enabled(3)), at most `longest`; `nil` when nobody listens.
    public static var ofProcess: Duration? {
        interval { getenv($0).map { String(cString: $0) } }
    }

    static func interval(_ environment: (String) -> String?) -> Duration? {
        guard environment("NOTIFY_SOCKET") != nil else { return nil }
        guard let allowed = environment("WATCHDOG_USEC").flatMap({ Int64($0) }), allowed > 0 else { return longest }
        return min(longest, .microseconds(allowed / 2))
    }
}

/// A `sockaddr_un`.
private struct UnixAddress {
    private var address = sockaddr_un()
    private let length: socklen_t

    /// `nil` when `path` does not fit.
    init?(_ path: String) {
        var bytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard (1..<capacity).contains(bytes.count) else { return nil }
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let offset = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 0
        length = socklen_t(offset + bytes.count + (isAbstract ? 0 : 1))
    }

    mutating func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Void) {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
