// LogOutlet: where a daemon's log goes, and in which form.
//
// For: fields to the journal under systemd, plain lines on standard error for everybody else.
// Refuses: nothing; what the journal does not take is written as a line.
// Called by: LogWriter's thread.

import Glibc

enum LogOutlet: Sendable {
    /// Lines of text to a descriptor.
    case lines(Int32)
    /// Fields to systemd's journal.
    case journal

    /// The one for this process's surroundings.
    static var ofProcess: LogOutlet { JournalStream.isStandardError ? .journal : .lines(STDERR_FILENO) }

    /// Writes `entry`. Blocks while whoever reads is busy.
    func write(_ entry: LogEntry, daemon: String) {
        switch self {
        case .lines(let descriptor): DescriptorText.write(LogLine.text(entry, daemon: daemon), to: descriptor)
        case .journal:
            guard !JournalStream.send(JournalFields.of(entry, daemon: daemon)) else { return }
            DescriptorText.write(LogLine.text(entry, daemon: daemon), to: STDERR_FILENO)
        }
    }
}

/// Text to a file descriptor, whole.
enum DescriptorText {
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                // Whoever should read this is gone or stuck; the daemon goes on.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
