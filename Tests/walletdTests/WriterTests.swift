// The line and the moment of waiting between commits.

import Ledger
import NIOCore
import Testing

@testable import walletd

@Suite struct WriterTests {
    private let end = NIODeadline.uptimeNanoseconds(1_000_000)

    private func gathering(answered: Int, waiting: Int, syncMicros: Int64) -> Gathering {
        var gathering = Gathering()
        gathering.note(answered: answered, waiting: waiting, most: 256, sync: .microseconds(syncMicros), now: end)
        return gathering
    }

    @Test func waitingEndsAfterAQuarterOfTheSync() {
        let gathering = gathering(answered: 64, waiting: 10, syncMicros: 4_000)
        #expect(gathering.expected == 74)
        #expect(gathering.isWorthwhile(end + .microseconds(999)))
        #expect(!gathering.isWorthwhile(end + .microseconds(1_000)))
    }

    @Test func aFastDiskIsNotWaitedFor() {
        #expect(!gathering(answered: 64, waiting: 10, syncMicros: 999).isWorthwhile(end))
    }

    @Test func aSingleAskerIsNotWaitedFor() {
        #expect(!gathering(answered: 1, waiting: 0, syncMicros: 4_000).isWorthwhile(end))
        #expect(!Gathering().isWorthwhile(end))
    }

    @Test func noMoreAreExpectedThanACommitTakes() {
        #expect(gathering(answered: 256, waiting: 300, syncMicros: 2_000).expected == 256)
    }

    private func orders(_ count: Int) -> [Order] {
        var book = Book()
        return (0..<count).compactMap { number in
            guard case .queued(let order) = book.take(.credit("c\(number)", "acme", "1")) else { return nil }
            return order
        }
    }

    private func put(_ orders: ArraySlice<Order>, _ line: OrderLine) -> Bool {
        var orders = Array(orders)
        defer { #expect(orders.isEmpty) }
        return line.accept(&orders)
    }

    @Test func aRestingWriterIsWokenOnceAndTakesOldestFirst() {
        let line = OrderLine()
        let all = orders(5)
        #expect(put(all[0..<2], line), "it rests at first")
        #expect(!put(all[2..<5], line), "it is awake")
        #expect(line.take(most: 3).map(\.posting) == all[0..<3].map(\.posting))
        #expect(line.take(most: 3).map(\.posting) == all[3..<5].map(\.posting))
        #expect(!put(all[0..<1], line), "a writer that took something comes back by itself")
        #expect(line.take(most: 3).count == 1)
        #expect(line.take(most: 3).isEmpty)
        #expect(put(all[0..<1], line), "a writer that found nothing rests")
    }

    @Test func aGatheringWriterIsWokenByTheOrderItWaitsFor() {
        let line = OrderLine()
        let all = orders(4)
        _ = put(all[0..<1], line)
        #expect(!line.rest(until: 1), "there is enough")
        #expect(line.rest(until: 3))
        #expect(!put(all[1..<2], line))
        #expect(put(all[2..<3], line))
        #expect(!put(all[3..<4], line))
        #expect(line.take(most: 256).count == 4)
    }
}
