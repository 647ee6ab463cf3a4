// BuiltBinary: the daemons as they were built beside the tests.
//
// For: tests that start real processes.
// Refuses: nothing; a binary that was not built is noticed when it is started.
// Called by: process tests.

import Glibc

public enum BuiltBinary {
    /// The path of an executable product of this package. WEIR_BIN names another folder than the one the tests were built in.
    public static func path(_ name: String) -> String {
        if let folder = getenv("WEIR_BIN") { return String(cString: folder) + "/" + name }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        let folder = own.lastIndex(of: UInt8(ascii: "/")).map { own[..<$0] } ?? []
        return String(decoding: folder, as: UTF8.self) + "/" + name
    }
}
