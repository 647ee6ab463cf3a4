// ResidentMemory: what this process has in memory, for figures.

import Glibc

enum ResidentMemory {
    /// Bytes, from /proc/self/statm (proc_pid_statm(5)).
    static func bytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { preconditionFailure("Linux tells of its memory") }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 256)
        fgets(&text, 256, file)
        let line = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = line.split(separator: " ")
        return (Int(words[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
