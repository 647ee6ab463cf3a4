// CommitQueue: movements that are received and not yet durable, with the askers who wait for them.
//
// For: group commit. Orders of one turn of the event loop go to the writer together; outcomes come back in the same order.
// Refuses: more waiting movements than the bound.
// Called by: Service, on the event loop.

import IPC
import Ledger
import NIOCore
import Tenancy

final class CommitQueue {
    /// Movements that may wait: a third of a second at the rate one disk commits, far more than one gateway has in flight.
    static let waitingMax = 32_768

    /// Orders handed over before the turn ends, so that the writer begins while the rest of a long turn is still being read:
    /// a writer takes about as long to wake as a loop to read so many.
    static let portion = 16

    private let line: OrderLine
    private let loop: NIOIsolatedEventLoop
    private let wake: () -> Void
    private var askers = CircularBuffer<Answer<PostingAnswer>>(initialCapacity: 1024)
    private var arrived: [Order] = []
    private var isTurnEndAwaited = false

    /// `wake` tells the writer that there is something in the line.
    init(_ line: OrderLine, on loop: any EventLoop, wake: @escaping () -> Void) {
        self.line = line
        self.loop = loop.assumeIsolated()
        self.wake = wake
    }

    /// Movements that wait.
    var count: Int { askers.count }

    var isFull: Bool { askers.count >= Self.waitingMax }

    /// Puts an order in; it is on its way when this turn of the loop ends at the latest.
    func put(_ order: Order, _ answer: Answer<PostingAnswer>) {
        askers.append(answer)
        arrived.append(order)
        if arrived.count >= Self.portion { return handOver() }
        guard !isTurnEndAwaited else { return }
        isTurnEndAwaited = true
        loop.execute { [self] in
            isTurnEndAwaited = false
            handOver()
        }
    }

    /// Who waits for the oldest order that is not answered yet.
    func next() -> Answer<PostingAnswer> {
        guard let asker = askers.popFirst() else { preconditionFailure("the writer answered an order nobody gave") }
        return asker
    }

    private func handOver() {
        guard !arrived.isEmpty else { return }
        if line.accept(&arrived) { wake() }
    }
}
