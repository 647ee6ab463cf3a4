// BackupDuty: how a daemon answers for a copy of its database.
//
// For: the backup messages: one copy at a time, made by the daemon's own thread in the daemon's own folder, then sent as its
//     asker takes it, and gone from the folder before its first byte is sent.
// Refuses: a second backup while one runs; a copy that takes longer than `copyLimit`; an asker that takes nothing for
//     `stallLimit`.
// Called by: the daemons' services, on their event loop.

import Glibc
public import NIOCore
import NIOPosix
import Synchronization
import Tenancy

/// Why there is no copy.
public struct CopyFailure: Error, Hashable, Sendable {
    public let code: FailureCode
    public let text: String

    public init(_ code: FailureCode, _ text: String) {
        self.code = code
        self.text = text
    }
}

/// A copy that is to be made.
public struct CopyOrder: Sendable {
    /// Where it belongs.
    public let path: String
    /// Whether nobody wants it any more. May be asked on any thread.
    public let isAbandoned: @Sendable () -> Bool
    /// Told once, on any thread, when the copy is whole and nothing has been committed since; or why there is none, and then
    /// whatever is at the path is removed.
    public let done: @Sendable (Result<Void, CopyFailure>) -> Void
}

/// The one backup a daemon may have under way. Bound to its event loop.
public final class BackupDuty {
    /// How long making the copy may take: ten minutes for every ten gigabytes on a slow disk, and some.
    public static let copyLimit = TimeAmount.minutes(30)
    /// How long an asker may take nothing: its disk is being synced at most.
    public static let stallLimit = TimeAmount.minutes(1)

    private let eventLoop: any EventLoop
    private let path: String
    private let build: String
    private let stallLimit: TimeAmount
    private let observer: (PeerCredentials) -> Void
    /// Whether a backup is under way.
    public private(set) var isBusy = false
    private var idle: EventLoopPromise<Void>?

    /// Copies are made at `path`, in the daemon's state directory; `build` is that of its hello. `observer` is told of every
    /// user who takes one.
    public init(
        path: String, build: String, eventLoop: any EventLoop, stallLimit: TimeAmount = BackupDuty.stallLimit,
        observer: @escaping (PeerCredentials) -> Void = { _ in }
    ) {
        self.path = path
        self.build = build
        self.eventLoop = eventLoop
        self.stallLimit = stallLimit
        self.observer = observer
    }

    /// Answers one backup; `copy` begins to make the copy and returns at once.
    public func serve(_ stream: StreamAnswer<FileChunk, BackupEnd>, _ copy: (CopyOrder) -> Void) {
        guard !isBusy else {
            stream.fail(.overloaded, "a backup is being made already")
            return
        }
        isBusy = true
        observer(stream.peer.credentials)
        let backup = RunningBackup(stream, path: path, build: build, on: eventLoop, stallLimit: stallLimit) { [self] in
            isBusy = false
            idle?.succeed()
            idle = nil
        }
        copy(backup.order())
    }

    /// Completes when no backup is under way: soon after every connection was closed.
    public func whenIdle() -> EventLoopFuture<Void> {
        guard isBusy else { return eventLoop.makeSucceededVoidFuture() }
        let promise = idle ?? eventLoop.makePromise()
        idle = promise
        return promise.futureResult
    }
}

/// One backup, from the order to the last byte. The files are touched by a thread that lives as long as it does.
private final class RunningBackup {
    private let stream: StreamAnswer<FileChunk, BackupEnd>
    private let path: String
    private let build: String
    private let eventLoop: any EventLoop
    private let stallLimit: TimeAmount
    private let ended: () -> Void
    private let isAbandoned = AbandonMark()
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private var limit: Scheduled<Void>?
    private var sender: FileSender?

    init(
        _ stream: StreamAnswer<FileChunk, BackupEnd>, path: String, build: String, on eventLoop: any EventLoop,
        stallLimit: TimeAmount, ended: @escaping () -> Void
    ) {
        self.stream = stream
        self.path = path
        self.build = build
        self.eventLoop = eventLoop
        self.stallLimit = stallLimit
        self.ended = ended
        pool.start()
    }

    /// What the daemon is to do. Keeps this backup alive until it is done.
    func order() -> CopyOrder {
        stream.onAbandoned { [self] in
            isAbandoned.set()
            sender?.abandon()
        }
        limit = eventLoop.assumeIsolated().scheduleTask(in: BackupDuty.copyLimit) { [self] in
            isAbandoned.set()
            stream.fail(
                .deadlineExceeded, "the copy took longer than \(BackupDuty.copyLimit.nanoseconds / 1_000_000_000) s")
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return CopyOrder(path: path, isAbandoned: { [isAbandoned] in isAbandoned.isSet }) { result in
            let moment = result.map { UnixMillis.now }
            bound.eventLoop.execute { bound.value.copied(moment) }
        }
    }

    private func copied(_ result: Result<UnixMillis, CopyFailure>) {
        limit?.cancel()
        switch result {
        case .failure(let failure):
            stream.fail(failure.code, failure.text)
            finish(removing: true)
        case .success(let moment):
            guard stream.isOpen else { return finish(removing: true) }
            send(copyOf: moment)
        }
    }

    private func send(copyOf moment: UnixMillis) {
        let sender = FileSender(path, stream, pool, on: eventLoop, stallLimit: stallLimit) { [build] size, sum in
            BackupEnd(size: size, sum: sum, takenAt: moment, build: build)
        }
        self.sender = sender
        sender.start { [self] ending in finish(removing: false, ending) }
    }

    /// The copy is gone and the thread ends. Removing a large file takes a while, so the thread does it. `ending` comes last.
    private func finish(removing: Bool, _ ending: (() -> Void)? = nil) {
        sender = nil
        let (pool, path) = (pool, path)
        let removed = pool.runIfActive(eventLoop: eventLoop) { if removing { SentFile.remove(path) } }
        removed.assumeIsolated().whenComplete { [ended] _ in
            pool.shutdownGracefully { _ in }
            ended()
            ending?()
        }
    }
}

/// Set on the event loop, read on the thread that copies.
private final class AbandonMark: Sendable {
    private let mark = Atomic(false)
    func set() { mark.store(true, ordering: .relaxed) }
    var isSet: Bool { mark.load(ordering: .relaxed) }
}

extension UnixMillis {
    fileprivate static var now: UnixMillis {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixMillis(Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
