// Supervisor: what `weirctl up` does with its children, as a value.
//
// For: start in order, restart with back-off, stop in reverse order, kill on a second signal. Events go in, effects
// come out; SupervisorLoop carries them out. Time is an argument (milliseconds of any steady clock).
// Refuses: nothing at run time; an event for a child that cannot have it traps.
// Called by: SupervisorLoop.

/// The children of one `weirctl up`.
struct Supervisor {
    /// One process to keep running.
    struct Child {
        /// The binary's name, which is also its label in the output.
        let name: String
        /// Whether it must say that it is ready before the next one is started. One that does not counts as ready at
        /// once.
        let isAsked: Bool
        /// If it has not ended this long after SIGTERM, in milliseconds, it is killed.
        let stopLimit: Int64
    }

    /// What the loop is to do, in this order. Children are named by their position in the start order.
    enum Effect: Equatable {
        /// Run it; `started` or `ended` follows.
        case start(Int)
        /// Begin to ask it whether it is ready; `becameReady` follows.
        case ask(Int)
        case send(Int, ChildSignal)
        case say(String)
        /// All children are ready for the first time.
        case allReady
        case finish(CommandStatus)
    }

    private enum Phase: Equatable {
        case notStarted
        case starting(since: Int64)
        case ready(since: Int64)
        case waiting(until: Int64)
        case stopping(killAt: Int64)
        case ended
    }

    private enum Mode: Equatable {
        case firstStart
        case running
        /// `failed`: whether the reason is one that the exit status must tell.
        case stopping(failed: Bool)
    }

    /// A child that is not ready by then on the first start is given up. Daemons are ready within milliseconds; a
    /// wallet of ten million entries needs a few seconds to reconcile.
    static let startLimit: Int64 = 60_000

    /// A stop signal that follows the first within this many milliseconds is the same one, sent twice: timeout(1) and some
    /// shells signal the process and then its group.
    static let sameStop: Int64 = 500

    let children: [Child]
    private let sameStop: Int64
    private var stopAskedAt: Int64?
    private var phases: [Phase]
    /// Ends in a row without having been ready for `RestartDelay.forgivenAfter`.
    private var failures: [Int]
    private var mode = Mode.firstStart

    init(_ children: [Child], sameStop: Int64 = Supervisor.sameStop) {
        self.children = children
        self.sameStop = sameStop
        phases = children.map { _ in .notStarted }
        failures = children.map { _ in 0 }
    }

    /// The next moment at which `timePassed` has something to do.
    var wakeAt: Int64? {
        phases.compactMap { phase in
            switch phase {
            case .waiting(let until): until
            case .stopping(let killAt): killAt
            case .starting(let since): mode == .firstStart ? since + Self.startLimit : nil
            case .notStarted, .ready, .ended: nil
            }
        }.min()
    }

    /// Starts the first child.
    mutating func begin(now: Int64) -> [Effect] { startNext(now: now) }

    /// The process of a child runs; whether it is ready is another question.
    mutating func started(_ index: Int, now: Int64) -> [Effect] {
        children[index].isAsked ? [.ask(index)] : becameReady(index, now: now)
    }

    /// A child that was asked answered.
    mutating func becameReady(_ index: Int, now: Int64) -> [Effect] {
        guard case .starting = phases[index] else { return [] }
        phases[index] = .ready(since: now)
        if mode == .firstStart { return startNext(now: now) }
        return [.say("\(children[index].name) is ready again")]
    }

    /// A child ended.
    mutating func ended(_ index: Int, _ end: ChildEnd, now: Int64) -> [Effect] {
        let name = children[index].name
        switch mode {
        case .stopping(let failed):
            phases[index] = .ended
            return [.say("\(name) \(end)")] + stopNext(failed: failed, now: now)
        case .firstStart:
            phases[index] = .ended
            return [.say("\(name) \(end) before everything was ready; its own lines above say why")]
                + stop(failed: true, now: now)
        case .running:
            let delay = restartDelay(index, now: now)
            phases[index] = .waiting(until: now + delay)
            return [.say("\(name) \(end); starting it again in \(delay) ms")]
        }
    }

    /// SIGINT, SIGTERM or SIGHUP arrived. The first stops in order (or lets a stop that is under way go on), the second kills.
    mutating func stopAsked(now: Int64) -> [Effect] {
        if let stopAskedAt { return now - stopAskedAt < sameStop ? [] : killAll() }
        stopAskedAt = now
        if case .stopping = mode { return [] }
        return stop(failed: false, now: now)
    }

    /// A moment named by `wakeAt` came.
    mutating func timePassed(now: Int64) -> [Effect] {
        children.indices.flatMap { index -> [Effect] in
            switch phases[index] {
            case .waiting(let until) where until <= now: return start(index, now: now)
            case .stopping(let killAt) where killAt <= now: return overdue(index)
            case .starting(let since) where mode == .firstStart && since + Self.startLimit <= now:
                return [.say("\(children[index].name) is not ready after \(Self.startLimit / 1000) s")]
                    + stop(failed: true, now: now)
            default: return []
            }
        }
    }
}

// MARK: Starting

extension Supervisor {
    private mutating func startNext(now: Int64) -> [Effect] {
        guard let next = phases.firstIndex(of: .notStarted) else {
            mode = .running
            return [.allReady]
        }
        return start(next, now: now)
    }

    private mutating func start(_ index: Int, now: Int64) -> [Effect] {
        phases[index] = .starting(since: now)
        return [.start(index)]
    }

    private mutating func restartDelay(_ index: Int, now: Int64) -> Int64 {
        if case .ready(let since) = phases[index], now - since >= RestartDelay.forgivenAfter { failures[index] = 0 }
        failures[index] += 1
        return RestartDelay.millis(afterFailures: failures[index])
    }
}

// MARK: Stopping

extension Supervisor {
    private mutating func stop(failed: Bool, now: Int64) -> [Effect] {
        mode = .stopping(failed: failed)
        return stopNext(failed: failed, now: now)
    }

    /// Stops the last child of the start order that is still there; finishes after the first one.
    private mutating func stopNext(failed: Bool, now: Int64) -> [Effect] {
        for index in children.indices.reversed() {
            switch phases[index] {
            case .starting, .ready:
                phases[index] = .stopping(killAt: now + children[index].stopLimit)
                return [.say("stopping \(children[index].name)"), .send(index, .terminate)]
            case .stopping: return []
            case .notStarted, .waiting, .ended: phases[index] = .ended
            }
        }
        return [.finish(failed ? .refused : .done)]
    }

    private mutating func overdue(_ index: Int) -> [Effect] {
        mode = .stopping(failed: true)
        phases[index] = .stopping(killAt: .max)
        return [.say("\(children[index].name) did not stop; killing it"), .send(index, .kill)]
    }

    private mutating func killAll() -> [Effect] {
        mode = .stopping(failed: true)
        return children.indices.flatMap { index -> [Effect] in
            switch phases[index] {
            case .starting, .ready, .stopping:
                phases[index] = .stopping(killAt: .max)
                return [.say("killing \(children[index].name)"), .send(index, .kill)]
            case .notStarted, .waiting, .ended: return []
            }
        }
    }
}
