// InheritedSockets: listening sockets that the service manager opened before this process began.
//
// For: socket activation (sd_listen_fds(3)): clients can connect while a daemon starts, restarts or has crashed.
// Refuses: sockets that were meant for another process (LISTEN_PID).
// Called by: DaemonMain takes them; the daemons' Main.swift listens on them.

import Glibc

/// The sockets by their unit's `FileDescriptorName=`.
public struct InheritedSockets: Sendable {
    /// The first descriptor that can be passed (sd_listen_fds(3)).
    static let first: Int32 = 3
    /// Most sockets that are taken; a daemon has a few.
    static let most: Int32 = 64

    /// A socket with its name.
    struct Entry: Hashable, Sendable {
        let name: String
        let descriptor: Int32
    }

    let entries: [Entry]

    /// No sockets: the daemon makes its own.
    public static let none = InheritedSockets(entries: [])

    /// The descriptors called `name`, in their order. They stay this value's own: a successor gets them.
    func descriptors(_ name: String) -> [Int32] { entries.filter { $0.name == name }.map(\.descriptor) }

    /// Copies of the descriptors called `name`, in their order, for the caller to keep and close.
    public func copies(named name: String) -> [Int32] {
        descriptors(name).map { fcntl($0, F_DUPFD_CLOEXEC, Self.first) }.filter { $0 >= 0 }
    }

    /// Whether there are none.
    public var isEmpty: Bool { entries.isEmpty }
}

extension InheritedSockets {
    /// What the environment says: `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`. With `anyProcess` the sockets are for whoever
    /// holds them: a predecessor does not know its successor's number beforehand.
    init(_ environment: (String) -> String?, process: Int32, anyProcess: Bool = false) {
        let isOurs = anyProcess || environment("LISTEN_PID").flatMap { Int32($0) } == process
        let count = environment("LISTEN_FDS").flatMap { Int32($0) } ?? 0
        guard isOurs, (1...Self.most).contains(count) else {
            self.init(entries: [])
            return
        }
        let names = (environment("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        self.init(
            entries: (0..<Int(count)).map { index in
                Entry(
                    name: names.indices.contains(index) ? String(names[index]) : "unknown",
                    descriptor: Self.first + Int32(index))
            })
    }

    /// Takes this process's sockets: programs it starts inherit neither them nor the variables.
    static func take(anyProcess: Bool) -> InheritedSockets {
        let sockets = InheritedSockets(
            { getenv($0).map { String(cString: $0) } }, process: getpid(), anyProcess: anyProcess)
        for entry in sockets.entries { _ = fcntl(entry.descriptor, F_SETFD, FD_CLOEXEC) }
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        return sockets
    }
}
