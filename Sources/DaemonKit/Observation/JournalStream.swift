// JournalStream: whether the journal listens, and the way to it.
//
// For: systemd's units, whose standard error is a socket of journald; systemd says which in JOURNAL_STREAM.
// Refuses: nothing; a message that the journal does not take is for the caller to write elsewhere.
// Called by: LogOutlet.

internal import CSystemd
import Glibc

enum JournalStream {
    /// Where the library finds the journal. It says nothing when there is nobody.
    private static let socket = "/run/systemd/journal/socket"

    /// Whether the journal reads standard error and can be told more: JOURNAL_STREAM names the device and inode of standard
    /// error, so that a redirection that came later does not count, and the journal's socket is within reach.
    static var isStandardError: Bool {
        guard let variable = getenv("JOURNAL_STREAM"), access(socket, W_OK) == 0 else { return false }
        var facts = stat()
        guard fstat(STDERR_FILENO, &facts) == 0 else { return false }
        return names(String(cString: variable), device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino))
    }

    /// Whether `variable`, a device and an inode as `8:1234`, means these two.
    static func names(_ variable: String, device: UInt64, inode: UInt64) -> Bool {
        let parts = variable.split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) }
        return parts.count == 2 && parts[0] == device && parts[1] == inode
    }

    /// Sends one message; `false` when the journal did not take it. Blocks while journald is too busy to listen.
    static func send(_ fields: [(name: String, value: String)]) -> Bool {
        let texts = fields.map { Array("\($0.name)=\($0.value)".utf8) }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: texts.reduce(1) { $0 + $1.count }, alignment: 1)
        defer { memory.deallocate() }
        var parts: [iovec] = []
        var used = 0
        for text in texts {
            let room = UnsafeMutableRawBufferPointer(rebasing: memory[used..<(used + text.count)])
            room.copyBytes(from: text)
            parts.append(iovec(iov_base: room.baseAddress, iov_len: text.count))
            used += text.count
        }
        return sd_journal_sendv(&parts, Int32(parts.count)) >= 0
    }
}
