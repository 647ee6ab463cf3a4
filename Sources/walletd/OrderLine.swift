// OrderLine: where orders wait between the event loop and the writer.
//
// For: handing movements to the one thread that owns the database, many at a time, in order.
// Refuses: nothing; CommitQueue bounds what waits.
// Called by: CommitQueue (puts in), Writer (takes out).

import Ledger
import Synchronization

/// A line between two threads. The writer sleeps only when the line is empty, so it is woken once per idle time and not once
/// per order.
final class OrderLine: Sendable {
    private struct State {
        var orders: [Order] = []
        var isWriterAwake = false
    }

    private let state = Mutex(State())

    /// Puts orders in; `true` when the writer sleeps and must be woken.
    func append(_ orders: [Order]) -> Bool {
        state.withLock { state in
            state.orders.append(contentsOf: orders)
            defer { state.isWriterAwake = true }
            return !state.isWriterAwake
        }
    }

    /// Takes the oldest orders out, at most `most`. When there are none the writer is asleep from now on.
    func take(most: Int) -> [Order] {
        state.withLock { state in
            guard state.orders.count > most else {
                defer { state.orders = [] }
                state.isWriterAwake = !state.orders.isEmpty
                return state.orders
            }
            defer { state.orders.removeFirst(most) }
            return Array(state.orders.prefix(most))
        }
    }
}
