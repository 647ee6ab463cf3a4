// KeyPublisher: every event loop learns of a changed key before anybody is told that it changed.
//
// For: revocations that hold on the very next request, whichever loop it arrives on.
// Refuses: changes before every loop has its table (traps: a loop would miss them).
// Called by: Administration on the store thread (publish), Main on each event loop (register).

import NIOCore
import Synchronization

/// The tables of all event loops. Safe from every thread.
final class KeyPublisher: Sendable {
    private let tables: Mutex<[NIOLoopBound<KeyTable>?]>
    private let loops: [any EventLoop]

    /// For tables that will be registered from `loops`.
    init(loops: [any EventLoop]) {
        self.loops = loops
        tables = Mutex(Array(repeating: nil, count: loops.count))
    }

    /// Registers the table of `loops[index]`. Called on that loop, once.
    func register(_ table: KeyTable, loop index: Int) {
        let bound = NIOLoopBound(table, eventLoop: loops[index])
        tables.withLock { tables in
            precondition(tables[index] == nil, "an event loop has one key table")
            tables[index] = bound
        }
    }

    /// Applies `change` on every loop, then calls `done` on the last one that did. Changes must be published in the order
    /// in which they became durable.
    func publish(_ change: KeyChange, _ done: @escaping @Sendable () -> Void) {
        let tables = tables.withLock { $0 }
        let countdown = Countdown(tables.count)
        for (loop, table) in zip(loops, tables) {
            guard let table else { preconditionFailure("a key was changed before every loop had its table") }
            loop.execute {
                table.value.apply(change)
                if countdown.isLast() { done() }
            }
        }
    }
}

/// Says which of several threads finishes last.
private final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }

    func isLast() -> Bool { left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}
