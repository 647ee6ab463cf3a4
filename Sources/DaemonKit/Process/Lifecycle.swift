// Lifecycle: the main thread of a daemon, which waits for signals.
//
// For: turning signals into calls on an ordinary thread, where everything is allowed, instead of in a handler, where
// almost nothing is. Event loops run on their own threads; the main thread has nothing else to do.
// Refuses: to wait for ever. A drain that does not finish within its limit becomes a stop, and a stop an exit.
// Called by: DaemonMain creates it; the daemon's Main.swift runs it.

import Glibc
import Synchronization

/// Waits for signals and for work handed to the main thread, until told that the daemon is finished.
public final class Lifecycle: Sendable {
    /// How long a daemon may take between `stopNow` and `finish`: enough to close files and break off connections.
    public static let stopLimit: Duration = .seconds(5)

    private struct State {
        var waiter: pthread_t?
        var work: [@Sendable () -> Void] = []
        var exitCode: Int32?
        var isDraining = false
        var isHandedOver = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Blocks the signals that `run` waits for, and ignores SIGPIPE. Must be called before any other thread is
    /// started: threads inherit the mask, and a thread without it would be killed by the first TERM.
    public static func blockSignals() {
        signal(SIGPIPE, SIG_IGN)
        var blocked = SignalWait.awaited
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
    }

    /// Whether a drain was asked for. Any thread may ask.
    public var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Calls `handle` on this thread for every event until `finish` is called; returns its code. `drainLimit` is how
    /// long after
    /// `drain` the event `stopNow` follows by itself; it is asked when the drain begins.
    public func run(drainLimit: () -> Duration, _ handle: (LifecycleEvent) -> Void) -> Int32 {
        state.withLock { $0.waiter = pthread_self() }
        defer { state.withLock { $0.waiter = nil } }
        var policy = LifecyclePolicy()
        var deadline: ContinuousClock.Instant?
        while true {
            for work in takeWork() { work() }
            if let code = state.withLock({ $0.exitCode }) { return code }
            guard let input = takeHandedOver() ?? SignalWait.next(until: deadline) else { continue }
            switch policy.receive(input) {
            case .ignore: continue
            case .exitAtOnce: _exit(ExitCode.failed)
            case .deliver(let event):
                if event == .drain { deadline = .now + drainLimit() }
                if event == .stopNow { deadline = .now + Self.stopLimit }
                state.withLock { $0.isDraining = policy.phase != .running }
                handle(event)
            }
        }
    }

    /// Ends `run` with `code`. Any thread may call it; the first code stands.
    public func finish(_ code: Int32) {
        state.withLock { if $0.exitCode == nil { $0.exitCode = code } }
        signalWaiter(SIGUSR1)
    }

    /// A successor serves from now on: `drain` follows, and TERM means nothing any more. Any thread may call it.
    public func leave() {
        state.withLock { $0.isHandedOver = true }
        signalWaiter(SIGUSR1)
    }

    /// Runs `work` on the thread of `run`, in the order of the calls. Any thread may call it.
    public func perform(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.work.append(work) }
        signalWaiter(SIGUSR1)
    }

    /// Asks for an event as the matching signal would. Any thread may call it.
    public func request(_ event: LifecycleEvent) {
        switch event {
        case .reload: signalWaiter(SIGHUP)
        case .handOver: signalWaiter(SIGUSR2)
        case .drain, .stopNow: signalWaiter(SIGTERM)
        }
    }

    private func takeHandedOver() -> LifecyclePolicy.Input? {
        state.withLock { state in
            defer { state.isHandedOver = false }
            return state.isHandedOver ? .handedOver : nil
        }
    }

    private func takeWork() -> [@Sendable () -> Void] {
        state.withLock { state in
            defer { state.work = [] }
            return state.work
        }
    }

    /// Under the lock, so that the thread cannot have left `run` in between.
    private func signalWaiter(_ signal: Int32) {
        state.withLock { if let waiter = $0.waiter { pthread_kill(waiter, signal) } }
    }
}

/// sigtimedwait(2) in terms of `LifecyclePolicy`.
enum SignalWait {
    /// The signals a daemon waits for. SIGUSR1 only wakes the waiting thread.
    static var awaited: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] { sigaddset(&set, signal) }
        return set
    }

    /// The next input; `nil` when the thread was only woken.
    static func next(until deadline: ContinuousClock.Instant?) -> LifecyclePolicy.Input? {
        var set = awaited
        var signal: Int32 = 0
        if let deadline {
            let left = max(.zero, ContinuousClock.Instant.now.duration(to: deadline)).components
            var limit = timespec(tv_sec: Int(left.seconds), tv_nsec: Int(left.attoseconds / 1_000_000_000))
            signal = sigtimedwait(&set, nil, &limit)
            if signal < 0 { return errno == EAGAIN ? .deadline : nil }
        } else if sigwait(&set, &signal) != 0 {
            return nil
        }
        switch signal {
        case SIGTERM, SIGINT: return .terminate
        case SIGHUP: return .hangUp
        case SIGUSR2: return .handOver
        default: return nil
        }
    }
}
