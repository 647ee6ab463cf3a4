// ProgramRun: a program run to its end, with what it said.
//
// For: the daemons' own --check-config.
// Refuses: to keep more than `longest` of its output.
// Called by: CheckCommand.

import Glibc

enum ProgramRun {
    /// A daemon that finds a thousand mistakes writes about 150 kB.
    static let longest = 1 << 20

    /// Runs `program` until it ends.
    static func run(_ program: ChildProcess.Program) throws(Complaint) -> (end: ChildEnd, output: String) {
        let child = try ChildProcess.start(program, as: 0, endsIn: try Inbox())
        defer { close(child.output) }
        var kept: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            var descriptor = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, -1)
            let count = read(child.output, &buffer, buffer.count)
            if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
            guard count > 0 else { break }
            if kept.count < longest { kept += buffer[..<count] }
        }
        return (child.reap(), String(decoding: kept.prefix(longest), as: UTF8.self))
    }
}
