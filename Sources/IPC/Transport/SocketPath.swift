// SocketPath: the file a Unix socket stands at.
//
// For: Listener, which replaces a socket that a dead process left behind and never one that a live process listens on.
// Refuses: paths longer than a socket address, files that are not sockets.
// Called by: Listener.

import Glibc

/// Why a listener can not listen at its path.
public enum ListenFailure: Error, Hashable, Sendable {
    /// The path is empty or longer than a socket address holds.
    case pathLength(String)
    /// A live process listens there.
    case inUse(String)
    /// Something that is not a socket is there.
    case notASocket(String)
    /// A system call failed: its name, the path, errno.
    case system(String, String, Int32)
}

enum SocketPath {
    /// Makes `path` free to bind: removes a socket that nobody listens on.
    static func clear(_ path: String) throws(ListenFailure) {
        guard (1...IPCLimits.pathBytes).contains(path.utf8.count) else { throw .pathLength(path) }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        if try isListening(path) { throw .inUse(path) }
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("unlink", path, errno) }
    }

    /// Gives the socket file its permissions. Who may do what is decided by SO_PEERCRED; this keeps strangers out
    /// earlier.
    static func setMode(_ path: String, _ mode: UInt32) throws(ListenFailure) {
        guard chmod(path, mode) == 0 else { throw .system("chmod", path, errno) }
    }

    /// Whether a connect to `path` would reach somebody. A full backlog (EAGAIN) is somebody.
    private static func isListening(_ path: String) throws(ListenFailure) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", path, errno) }
        defer { Glibc.close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || errno == EAGAIN
    }
}
