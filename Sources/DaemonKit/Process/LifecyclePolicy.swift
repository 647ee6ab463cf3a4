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
    /// Hand over to a successor (USR2). Never comes once the drain has begun.
    case handOver
}

/// From signals and deadlines to events.
struct LifecyclePolicy {
    enum Phase: Hashable {
        case running
        /// A successor serves; what is begun here is finished, however often the service manager says TERM to what is left of
        /// the unit.
        case leaving
        case draining, stopping
    }

    enum Input: Hashable {
        case terminate, hangUp, handOver, deadline
        /// The successor serves.
        case handedOver
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
        case (.running, .handOver): return .deliver(.handOver)
        case (.running, .handedOver):
            phase = .leaving
            return .deliver(.drain)
        case (.draining, .terminate), (.draining, .deadline), (.leaving, .deadline):
            phase = .stopping
            return .deliver(.stopNow)
        case (.stopping, .terminate), (.stopping, .deadline): return .exitAtOnce
        case (_, .hangUp), (_, .handOver), (_, .handedOver), (.running, .deadline), (.leaving, .terminate):
            return .ignore
        }
    }
}
