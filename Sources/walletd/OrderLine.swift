// OrderLine: where orders wait between the event loop and the writer.
//
// For: handing movements to the one thread that owns the database, many at a time, in order.
// Refuses: nothing; CommitQueue bounds what waits.
// Called by: CommitQueue (puts in), Writer (takes out).

import Ledger
import Synchronization

/// A line between two threads. The writer is woken only when it rests, so once per pause and not once per order.
final class OrderLine: Sendable {
    private struct State {
        var orders: [Order] = []
        /// How many orders must wait for the resting writer to be woken; 0 while it is awake.
        var wakingCount = 1
    }

    private let state = Mutex(State())

    /// Moves orders in, and leaves `orders` empty; `true` when the writer rests and must be woken.
    func accept(_ orders: inout [Order]) -> Bool {
        state.withLock { state in
            if state.orders.isEmpty { swap(&state.orders, &orders) } else { state.orders.append(contentsOf: orders) }
            orders.removeAll(keepingCapacity: true)
            guard state.wakingCount > 0, state.orders.count >= state.wakingCount else { return false }
            state.wakingCount = 0
            return true
        }
    }

    /// Orders that wait.
    var count: Int { state.withLock { $0.orders.count } }

    /// The writer wants to rest until `count` orders wait. `false` when they do already.
    func rest(until count: Int) -> Bool {
        state.withLock { state in
            guard state.orders.count < count else { return false }
            state.wakingCount = count
            return true
        }
    }

    /// Takes the oldest orders out, at most `most`. When there are none the writer rests from now on, until there is one.
    func take(most: Int) -> [Order] {
        state.withLock { state in
            state.wakingCount = state.orders.isEmpty ? 1 : 0
            guard state.orders.count > most else {
                defer { state.orders = [] }
                return state.orders
            }
            defer { state.orders.removeFirst(most) }
            return Array(state.orders.prefix(most))
        }
    }
}
