// StoreInbox: what waits for the store thread, and when it has to wake up.
//
// For: taking records from event loops in some tens of nanoseconds, and one wake-up per batch instead of one per record.
// Refuses: error rows beyond a bound (counted). Never a record: what was spent is recorded; the bound on records is that
//          admission stops.
// Called by: StoreQueue (from any thread), StoreWorker (on the store thread).

import Synchronization
import Tenancy

/// How soon the store thread has to look into its inbox because of what was just put there.
enum StoreWakeUp: Sendable {
    /// None is needed, or it is on its way already.
    case none
    /// Within `StoreQueue.gatherTime`: company may come.
    case gather
    /// At once: a whole batch waits.
    case urgent
    /// Within `StoreQueue.idleTime`: only the cursor has moved.
    case idle
}

/// Shared by the event loops and the store thread. Safe from every thread.
final class StoreInbox: Sendable {
    struct State: Sendable {
        var records: [UsageRecord] = []
        var errors: [ErrorRecord] = []
        var acknowledged: [Int64] = []
        var figures = StoreFigures()
        var jobs = 0
        /// The last commit failed.
        var isFailing = false
        var isGathering = false
        var isUrgent = false
        var isIdling = false

        var mayAdmit: Bool {
            !isFailing && figures.waiting < StoreQueue.waitingMost && figures.backlog < StoreQueue.backlogMost
        }
    }

    private let state = Mutex(State())
    private let accepting = Atomic<Bool>(true)

    /// Whether new work may be admitted.
    var isAccepting: Bool { accepting.load(ordering: .relaxed) }

    var figures: StoreFigures { state.withLock { $0.figures } }

    func put(_ record: UsageRecord) -> StoreWakeUp {
        state.withLock { state in
            state.records.append(record)
            state.figures.waiting += 1
            if !state.mayAdmit { accepting.store(false, ordering: .relaxed) }
            return Self.wakeUp(&state)
        }
    }

    func put(_ error: ErrorRecord) -> StoreWakeUp {
        state.withLock { state in
            guard state.errors.count < StoreQueue.errorsMost else {
                state.figures.errorsDropped += 1
                return .none
            }
            state.errors.append(error)
            return Self.wakeUp(&state)
        }
    }

    func put(acknowledged seqs: some Sequence<Int64>) -> StoreWakeUp {
        state.withLock { state in
            state.acknowledged.append(contentsOf: seqs)
            if state.acknowledged.count >= StoreQueue.batchMost { return Self.urgent(&state) }
            guard !state.isGathering, !state.isIdling else { return .none }
            state.isIdling = true
            return .idle
        }
    }

    /// Counts one more waiting question; `false` when there are too many.
    func beginJob() -> Bool {
        state.withLock { state in
            guard state.jobs < StoreQueue.jobsMost else { return false }
            state.jobs += 1
            return true
        }
    }

    func endJob() { state.withLock { $0.jobs -= 1 } }

    /// Moves what waits behind `records` and `errors`, and returns the acknowledgements. `wakeUp` is what this is the answer
    /// to; others that are under way will still come, so there is never more than one of each.
    func take(
        _ wakeUp: StoreWakeUp, records: inout [UsageRecord], errors: inout [ErrorRecord]
    ) -> [Int64] {
        var taken: (records: [UsageRecord], errors: [ErrorRecord]) = ([], [])
        // An empty array's memory is lent to the inbox, so that a batch's array is not allocated anew each time.
        if records.isEmpty { swap(&records, &taken.records) }
        let acknowledged = state.withLock { state in
            switch wakeUp {
            case .none: break
            case .gather: state.isGathering = false
            case .urgent: state.isUrgent = false
            case .idle: state.isIdling = false
            }
            swap(&taken.records, &state.records)
            swap(&taken.errors, &state.errors)
            defer { state.acknowledged = [] }
            return state.acknowledged
        }
        if records.isEmpty { records = taken.records } else { records += taken.records }
        errors += taken.errors
        return acknowledged
    }

    /// Notes how much the store thread still has in hand.
    func noteWaiting(_ waiting: Int, backlog: Int64, since: UnixMillis?) {
        note { state in
            state.figures.waiting = state.records.count + waiting
            state.figures.backlog = backlog
            state.figures.backlogSince = since
        }
    }

    /// Changes how the store stands, and with it whether admission is open.
    func note(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            accepting.store(state.mayAdmit, ordering: .relaxed)
        }
    }

    private static func wakeUp(_ state: inout State) -> StoreWakeUp {
        if state.records.count >= StoreQueue.batchMost { return urgent(&state) }
        guard !state.isGathering else { return .none }
        state.isGathering = true
        return .gather
    }

    private static func urgent(_ state: inout State) -> StoreWakeUp {
        guard !state.isUrgent else { return .none }
        state.isUrgent = true
        return .urgent
    }
}
