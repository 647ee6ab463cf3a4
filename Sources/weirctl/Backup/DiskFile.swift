// DiskFile: files that are written once, whole, and hashed on the way.
//
// For: backups and restores. Nothing is overwritten, nothing is followed through a link when it is written, and what is written
//     is on the disk before it is given its name.
// Refuses: what the system refuses, as a Complaint that names the file.
// Called by: BackupFolder, BackupMaker, BackupCheck, Restoration.

import DaemonKit
import Glibc
import Hashing

/// A new file under construction.
final class DiskFile {
    /// Bytes after which what was written is sent to the disk: a large file would otherwise go there all at once, and every
    /// commit on the same disk would wait for it.
    static let syncedBytes = 4 << 20

    let path: String
    private let descriptor: Int32
    private(set) var size: UInt64 = 0
    private var hash = SHA256Stream()
    private var unsynced = 0

    /// Makes the file, with mode 0600; one that is there is an error.
    init(making path: String) throws(Complaint) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Disk.complaint("make", path) }
    }

    deinit { close(descriptor) }

    /// What was written so far.
    var sum: FileFacts { FileFacts(bytes: size, sha256: hash.digest.description) }

    func append(_ bytes: UnsafeRawBufferPointer) throws(Complaint) {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Disk.complaint("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        hash.feed(bytes)
        size += UInt64(bytes.count)
        unsynced += bytes.count
        guard unsynced >= Self.syncedBytes else { return }
        unsynced = 0
        guard fdatasync(descriptor) == 0 else { throw Disk.complaint("write", path) }
    }

    func append(_ bytes: [UInt8]) throws(Complaint) {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(Complaint) in try append(bytes) } }
        try result.get()
    }

    /// Everything is on the disk.
    func sync() throws(Complaint) {
        guard fsync(descriptor) == 0 else { throw Disk.complaint("write", path) }
    }
}

/// What is known of a file's contents.
struct FileFacts: Hashable {
    let bytes: UInt64
    /// 64 lower-case hexadecimal digits.
    let sha256: String
}

/// Reading, naming and removing files and folders.
enum Disk {
    private static let piece = 256 << 10

    /// Hands the file's bytes over, a piece at a time.
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) throws(Complaint) -> Void) throws(Complaint) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw complaint("open", path) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw Complaint("\(path) is not a file", next: "look at what is there")
        }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
        defer { room.deallocate() }
        while true {
            let count = Glibc.read(file, room.baseAddress, room.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw complaint("read", path) }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }

    /// A small file's bytes.
    static func contents(_ path: String, most: Int) throws(Complaint) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(path) { (piece) throws(Complaint) in
            guard bytes.count + piece.count <= most else {
                throw Complaint("\(path) is larger than \(most) bytes", next: "look at what is there")
            }
            bytes += piece
        }
        return bytes
    }

    /// What is in the file.
    static func facts(_ path: String) throws(Complaint) -> FileFacts {
        var (bytes, hash) = (UInt64(0), SHA256Stream())
        try read(path) { (piece) throws(Complaint) in
            bytes += UInt64(piece.count)
            hash.feed(piece)
        }
        return FileFacts(bytes: bytes, sha256: hash.digest.description)
    }

    /// Copies a file to a new one, on the disk when this returns; what was copied.
    static func copy(_ source: String, to target: String) throws(Complaint) -> FileFacts {
        let copy = try DiskFile(making: target)
        try read(source) { (piece) throws(Complaint) in try copy.append(piece) }
        try copy.sync()
        return copy.sum
    }

    /// Whether anything has this name, a dangling link too.
    static func exists(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0
    }

    /// Whether it is a folder.
    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, in order; `nil` when there is no such folder.
    static func names(in path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Gives a file or folder another name; the names are on the disk when this returns. Both are in the same file system.
    static func rename(_ source: String, to target: String) throws(Complaint) {
        guard Glibc.rename(source, target) == 0 else { throw complaint("rename \(source) to", target) }
        try syncFolder(of: target)
        if folder(of: source) != folder(of: target) { try syncFolder(of: source) }
    }

    /// Removes a file; one that is not there is removed already.
    static func remove(_ path: String) throws(Complaint) {
        guard unlink(path) == 0 || errno == ENOENT else { throw complaint("remove", path) }
    }

    /// Makes a folder that only this user can enter, unless it is there.
    static func makeFolder(_ path: String) throws(Complaint) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw complaint("make", path) }
    }

    /// Makes a folder that was not there: called `path`, or that with a number.
    static func makeNewFolder(_ path: String) throws(Complaint) -> String {
        for number in 1...1_000 {
            let name = number == 1 ? path : "\(path)-\(number)"
            if mkdir(name, 0o700) == 0 { return name }
            guard errno == EEXIST else { throw complaint("make", name) }
        }
        throw Complaint("there are too many folders called \(path)", next: "move them away")
    }

    /// The names in the folder that holds `path` are on the disk.
    static func syncFolder(of path: String) throws(Complaint) { try sync(folder: folder(of: path)) }

    /// The names in this folder are on the disk.
    static func sync(folder path: String) throws(Complaint) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw complaint("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw complaint("sync", path) }
    }

    /// `path` from the root on, without what says nothing: `.` and doubled slashes.
    static func absolute(_ path: String) -> String {
        var start = ""
        if !path.hasPrefix("/"), let current = getcwd(nil, 0) {
            start = String(cString: current)
            free(current)
        }
        return "/" + "\(start)/\(path)".split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The folder that holds `path`.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last part of `path`.
    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// What the system said to an operation on a file.
    static func complaint(_ verb: String, _ path: String) -> Complaint {
        let code = errno
        return Complaint(
            "cannot \(verb) \(path): \(String(cString: strerror(code)))",
            next: code == ENOSPC || code == EDQUOT ? "make room on that disk" : "check the path and its permissions")
    }
}

extension FileOwner {
    /// Makes this the owner of a file or folder.
    func own(_ path: String) throws(Complaint) {
        do throws(FileFault) {
            try take(path)
        } catch {
            throw Complaint("\(error)", next: "run weirctl as root")
        }
    }
}
