// FileContents: a small file read whole, and errno in words.
//
// For: the configuration file and secrets, at start and reload. Nothing on a request path reads files.
// Refuses: what is not a regular file, and files larger than the caller allows.
// Called by: ConfigFile, CredentialStore, StateDirectory.

import Glibc

/// A system call on a file that failed: operation, path, and the system's words for why.
public struct FileFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted: `open`, `read`, `mkdir`.
    public let operation: String
    /// On which file.
    public let path: String
    /// Why it failed.
    public let reason: String

    init(_ operation: String, _ path: String, reason: String) {
        self.operation = operation
        self.path = path
        self.reason = reason
    }

    init(_ operation: String, _ path: String, errno code: Int32) {
        self.init(operation, path, reason: String(cString: strerror(code)))
    }

    public var description: String { "cannot \(operation) \(path): \(reason)" }
}

/// The bytes and permissions of a regular file.
struct FileContents {
    private(set) var bytes: [UInt8]
    /// The permission bits.
    let mode: UInt32

    init(path: String, most: Int) throws(FileFault) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw FileFault("open", path, errno: errno) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw FileFault("stat", path, errno: errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw FileFault("read", path, reason: "not a regular file") }
        mode = facts.st_mode & 0o7777
        bytes = try Self.read(file, path, most)
    }

    /// Overwrites the bytes, when they were a secret.
    mutating func wipe() { Self.wipe(&bytes) }

    private static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } }
    }

    private static func read(_ file: Int32, _ path: String, _ most: Int) throws(FileFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: most + 1)
        defer { wipe(&bytes) }
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + filled, $0.count - filled) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFault("read", path, errno: errno) }
            if count == 0 { break }
            filled += count
        }
        guard filled <= most else { throw FileFault("read", path, reason: "larger than \(most) bytes") }
        return Array(bytes[..<filled])
    }
}
