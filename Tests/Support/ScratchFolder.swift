// ScratchFolder: a folder for one test, removed with everything in it.
//
// For: tests that need real files and sockets; its path is short, because a socket's path has its bound.
// Refuses: nothing.
// Called by: walletdTests, SystemTests.

import Glibc

/// A new folder under /tmp that lives as long as this value.
public final class ScratchFolder: Sendable {
    /// Its path, without a slash at the end.
    public let path: String

    public init(_ label: String) {
        var template = Array("/tmp/weir-\(label)-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "/tmp takes a folder")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let folder = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { remove("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }
}
