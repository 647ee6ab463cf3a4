// LifecyclePolicy: what a signal means, given those before it.
//
// For: one place that says what TERM, INT, HUP and the passing of a limit do. A value, so that its test needs no
// signals.
// Called by: Lifecycle.

/// What the process is asked to do from outside.
public enum LifecycleEvent: Hashable, Sendable {
    /// Stop taking work, finish what is begun, then finish. Comes at most once.
    case drain
    /// Finish now; whatever is begun is broken off. Comes at most once: after a second TERM or INT, or when the drain
    /// limit has passed.
    case stopNow
    /// Read the configuration again. Never comes once the drain has begun.
    case reload
}

/// From signals and deadlines to events.
struct LifecyclePolicy {
    enum Phase: Hashable {
        case running, draining, stopping
    }

    enum Input: Hashable {
        case terminate, hangUp, deadline
    }

    enum Verdict: Hashable {
        case deliver(LifecycleEvent)
        case ignore
        /// The daemon had its chance: leave without it.
        case exitAtOnce
    }

    private(set) var phase = Phase.running

    mutating func receive(_ input: Input) -> Verdict {
        switch (phase, input) {
        case (.running, .terminate):
            phase = .draining
            return .deliver(.drain)
        case (.running, .hangUp): return .deliver(.reload)
        case (.draining, .terminate), (.draining, .deadline):
            phase = .stopping
            return .deliver(.stopNow)
        case (.stopping, .terminate), (.stopping, .deadline): return .exitAtOnce
        case (_, .hangUp), (.running, .deadline): return .ignore
        }
    }
}
