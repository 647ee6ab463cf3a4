// FileSender: a file as the items of a stream, no faster than they are asked for.
//
// For: BackupDuty. Reading is done by a thread beside the event loop, a few chunks ahead of the window.
// Refuses: a file that cannot be opened or read (`unavailable`); an asker that takes nothing for too long.
// Called by: BackupDuty, on the event loop.

import Glibc
import NIOCore
import NIOPosix

/// Sends one file, which nobody else finds any more once it has begun. Bound to the event loop.
final class FileSender {
    /// Chunks read at once: 60 KiB, some tens of microseconds of the event loop to send.
    static let chunksAtOnce = 4

    private let path: String
    private let stream: StreamAnswer<FileChunk, BackupEnd>
    private let pool: NIOThreadPool
    private let eventLoop: any EventLoop
    private let stallLimit: TimeAmount
    private let end: (UInt64, UInt64) -> BackupEnd
    private var done: ((_ ending: (() -> Void)?) -> Void)?
    /// What says the end, once everything was sent.
    private var ending: (() -> Void)?
    private var file: SentFile?
    /// Read and not sent yet.
    private var waiting: ArraySlice<FileChunk> = []
    private var isReading = false
    private var stall: Scheduled<Void>?

    init(
        _ path: String, _ stream: StreamAnswer<FileChunk, BackupEnd>, _ pool: NIOThreadPool,
        on eventLoop: any EventLoop,
        stallLimit: TimeAmount, end: @escaping (_ size: UInt64, _ sum: UInt64) -> BackupEnd
    ) {
        self.path = path
        self.stream = stream
        self.pool = pool
        self.eventLoop = eventLoop
        self.stallLimit = stallLimit
        self.end = end
    }

    /// Begins; `done` is called once, when the file is closed. With `ending` everything was sent, and calling it tells the
    /// asker so: whoever hears of the end may ask for the next backup at once.
    func start(_ done: @escaping (_ ending: (() -> Void)?) -> Void) {
        self.done = done
        stream.whenWindowOpens { [self] in sendWaiting() }
        let path = path
        read { () throws(SystemFault) in try SentFile(taking: path) }
    }

    /// Nobody listens any more.
    func abandon() {
        waiting = []
        if !isReading { finish() }
    }

    /// Opens the file or reads on, beside the event loop, and then sends.
    private func read(_ open: @escaping @Sendable () throws(SystemFault) -> SentFile) {
        isReading = true
        let reading = pool.runIfActive(eventLoop: eventLoop) {
            let file = try open()
            return (file, try file.next(Self.chunksAtOnce))
        }
        reading.assumeIsolated().whenComplete { [self] result in
            isReading = false
            switch result {
            case .success(let (file, chunks)):
                self.file = file
                waiting = chunks[...]
                if chunks.isEmpty { ending = { [stream, end] in stream.end(end(file.offset, file.sum.value)) } }
                if chunks.isEmpty || !stream.isOpen { finish() } else { sendWaiting() }
            case .failure(let fault):
                stream.fail(.unavailable, "the copy cannot be read: \(fault)")
                finish()
            }
        }
    }

    private func sendWaiting() {
        stall?.cancel()
        while let chunk = waiting.first {
            switch stream.send(chunk) {
            case .sent: waiting.removeFirst()
            case .windowClosed: return awaitWindow()
            case .callEnded: return abandon()
            }
        }
        guard !isReading, let file else { return }
        read { () throws(SystemFault) in file }
    }

    private func awaitWindow() {
        stall = eventLoop.assumeIsolated().scheduleTask(in: stallLimit) { [self] in
            stream.fail(.deadlineExceeded, "nothing was taken for \(stallLimit.nanoseconds / 1_000_000_000) s")
            abandon()
        }
    }

    private func finish() {
        guard let done else { return }
        self.done = nil
        stall?.cancel()
        let file = file
        self.file = nil
        let closed = pool.runIfActive(eventLoop: eventLoop) { file?.close() }
        closed.assumeIsolated().whenComplete { [ending] _ in done(ending) }
    }
}

/// A system call that failed, in its own words.
struct SystemFault: Error, CustomStringConvertible {
    let description: String

    init(_ operation: String) { description = "\(operation): \(String(cString: strerror(errno)))" }
}

/// The file that is being sent.
// @unchecked: one read of it runs at a time, and the event loop looks at it only between two.
final class SentFile: @unchecked Sendable {
    private let descriptor: Int32
    /// Bytes read so far.
    private(set) var offset: UInt64 = 0
    /// Their sum.
    private(set) var sum = FileSum()

    /// Opens the file and takes its name away.
    init(taking path: String) throws(SystemFault) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemFault("open") }
        unlink(path)
    }

    /// What follows, in at most `count` chunks; none at the end of the file.
    func next(_ count: Int) throws(SystemFault) -> [FileChunk] {
        var chunks: [FileChunk] = []
        while chunks.count < count, let bytes = try read(FieldLimits.chunk) {
            chunks.append(FileChunk(offset: offset, bytes: bytes))
            sum.feed(bytes)
            offset += UInt64(bytes.count)
        }
        return chunks
    }

    private func read(_ most: Int) throws(SystemFault) -> [UInt8]? {
        var failure: SystemFault?
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { room, count in
            var got: Int
            repeat { got = pread(descriptor, room.baseAddress, most, off_t(offset)) } while got < 0 && errno == EINTR
            if got < 0 { failure = SystemFault("read") }
            count = max(0, got)
        }
        if let failure { throw failure }
        return bytes.isEmpty ? nil : bytes
    }

    func close() { Glibc.close(descriptor) }

    /// Takes a copy away that will not be sent.
    static func remove(_ path: String) { unlink(path) }
}
