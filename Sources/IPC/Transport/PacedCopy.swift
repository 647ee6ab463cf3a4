// PacedCopy: an ordered copy, made a portion at a time on the thread that owns the database.
//
// For: backups. Between two portions the thread does its other work, for as long as the daemon says.
// Refuses: to go on once nobody waits for the copy, or the database is about to be closed.
// Called by: the thread of each daemon's database. What a portion is, it is told: this module knows no database.

public import NIOCore

/// One copy under way. Bound to the thread that made it.
public final class PacedCopy {
    private let order: CopyOrder
    private let thread: any EventLoop
    private let pause: (TimeAmount) -> TimeAmount
    private let portion: () throws -> Bool
    private let abandon: () -> Void
    /// Whether the order was answered.
    public private(set) var isOver = false

    /// `pause` is how long others have the thread after a portion that took so long; as long as it took, unless the daemon knows
    /// better. `portion` copies the next one and is `true` after the last; `abandon` is called once, whatever the end.
    public init(
        _ order: CopyOrder, on thread: any EventLoop, pause: @escaping (TimeAmount) -> TimeAmount = { $0 },
        portion: @escaping () throws -> Bool, abandon: @escaping () -> Void
    ) {
        (self.order, self.thread, self.pause) = (order, thread, pause)
        (self.portion, self.abandon) = (portion, abandon)
    }

    /// Copies a portion, and plans the next one.
    public func advance() {
        thread.preconditionInEventLoop()
        guard !isOver else { return }
        guard !order.isAbandoned() else { return end(.failure(.abandoned)) }
        let began = NIODeadline.now()
        do {
            if try portion() { return end(.success(())) }
        } catch {
            return end(.failure(CopyFailure(.unavailable, "\(error)")))
        }
        let wait = pause(.now() - began)
        thread.assumeIsolated().scheduleTask(in: wait) { [self] in advance() }
    }

    /// The database is about to be closed.
    public func stop() { end(.failure(.stopping)) }

    private func end(_ result: Result<Void, CopyFailure>) {
        guard !isOver else { return }
        isOver = true
        abandon()
        order.done(result)
    }
}

extension CopyFailure {
    /// The daemon ends before the copy is whole.
    public static let stopping = CopyFailure(.draining, "the daemon stops")
    static let abandoned = CopyFailure(.cancelled, "nobody waits for the copy")
}
