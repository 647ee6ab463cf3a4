// StateDirectory: the folder that belongs to one running daemon.
//
// For: databases and spools. The lock in it makes sure that no second daemon opens the same files, whoever starts it.
// Refuses: a folder of another user, a folder others can read, a folder that a running daemon holds, a folder in which a restore
//     was not finished.
// Called by: DaemonMain, before the daemon opens anything; weirctl restore.

import Glibc
import Synchronization

/// A state directory that this process holds. The hold ends with the process, or when the last reference goes away.
public final class StateDirectory: Sendable {
    /// The folder's absolute path.
    public let path: String
    private let lock: Mutex<Int32>

    /// Creates the folder with mode 0700 if it is missing (and its parents with 0755), checks that it is private, and
    /// locks it.
    public init(path: String) throws(FileFault) {
        try Self.create(path, mode: 0o700)
        try Self.checkPrivate(path, geteuid())
        let held = try Self.acquire(path.appendingPath("lock"))
        guard access(path.appendingPath(Self.restoreMark), F_OK) != 0 else {
            close(held)
            throw FileFault("use", path, reason: "a restore was not finished; run weirctl restore again")
        }
        self.path = path
        lock = Mutex(held)
    }

    /// Holds the folder of the daemon that runs as `owner`, to put its files in place. A folder that is made here, and the
    /// lock in it, belong to that user; only root can give them away.
    public init(restoring path: String, owner: FileOwner) throws(FileFault) {
        var facts = stat()
        let isMissing = stat(path, &facts) != 0
        try Self.create(path, mode: 0o700)
        if isMissing { try owner.take(path) }
        try Self.checkPrivate(path, owner.user)
        let held = try Self.acquire(path.appendingPath("lock"))
        do throws(FileFault) {
            try owner.take(path.appendingPath("lock"))
        } catch {
            close(held)
            throw error
        }
        self.path = path
        lock = Mutex(held)
    }

    /// The file that is in a state directory while a restore is under way there: no daemon starts over it, so that one half
    /// of a pair of databases is never served.
    public static let restoreMark = "restore-unfinished"

    deinit { release() }

    /// Lets the folder go, for a successor to hold. Files of this process's own may still be made in it.
    public func release() {
        lock.withLock { lock in
            if lock >= 0 { close(lock) }
            lock = -1
        }
    }

    /// Holds the folder again after `release`.
    public func reacquire() throws(FileFault) {
        let held = try Self.acquire(path.appendingPath("lock"))
        lock.withLock { $0 = held }
    }

    /// The path of `name` in this folder.
    public func file(_ name: String) -> String { path.appendingPath(name) }

    /// The names of the files in this folder that begin and end so, in their order.
    public func names(from prefix: String, to suffix: String) -> [String] {
        guard let opened = opendir(path) else { return [] }
        defer { closedir(opened) }
        var names: [String] = []
        while let entry = readdir(opened) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(prefix), name.hasSuffix(suffix) { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes the file `name` if it is there.
    public func remove(_ name: String) { unlink(file(name)) }

    private static func create(_ path: String, mode: mode_t) throws(FileFault) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw FileFault("create", path, errno: errno)
        }
        try create(String(path[..<slash]), mode: 0o755)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw FileFault("create", path, errno: errno) }
    }

    private static func checkPrivate(_ path: String, _ user: UInt32) throws(FileFault) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw FileFault("use", path, errno: errno) }
        guard facts.st_mode & S_IFMT == S_IFDIR else { throw FileFault("use", path, reason: "not a folder") }
        guard facts.st_uid == user else {
            throw FileFault("use", path, reason: "belongs to user \(facts.st_uid), the daemon runs as user \(user)")
        }
        guard facts.st_mode & 0o077 == 0 else {
            throw FileFault("use", path, reason: "open to other users; run: chmod 700 \(path)")
        }
    }

    /// flock(2) is bound to the open file, so it ends with the process however that dies; the number in the file is
    /// for people.
    private static func acquire(_ path: String) throws(FileFault) -> Int32 {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw FileFault("open", path, errno: errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = code == EWOULDBLOCK ? Holder.text(in: file) : String(cString: strerror(code))
            close(file)
            throw FileFault("lock", path, reason: holder)
        }
        Holder.write(to: file)
        return file
    }
}

/// The process number in a lock file.
private enum Holder {
    static func write(to file: Int32) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(file, 0) == 0 else { return }
        _ = pwrite(file, text, text.count, 0)
    }

    static func text(in file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = max(0, pread(file, &bytes, bytes.count, 0))
        let digits = String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return "held by a running daemon" + (digits.isEmpty ? "" : " (process \(digits))")
    }
}

/// Whose files a daemon's are.
public struct FileOwner: Hashable, Sendable {
    public let user: UInt32
    public let group: UInt32

    public init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    /// Whoever runs this process.
    public static var ofProcess: FileOwner { FileOwner(user: geteuid(), group: getegid()) }

    /// Makes this the owner of the file at `path`. It is nobody else's already when this is not root.
    public func take(_ path: String) throws(FileFault) {
        guard self != .ofProcess else { return }
        guard lchown(path, user, group) == 0 else { throw FileFault("give away", path, errno: errno) }
    }
}
