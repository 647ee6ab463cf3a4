// A copy of the store that is made while it is written: of one moment, events and cursor together, and in nobody's way.

import Glibc
import Money
import NIOCore
import NIOEmbedded
import Storage
import Support
import Synchronization
import Tenancy
import Testing

@testable import IPC
@testable import gatewayd

/// What was told of one copy.
private final class CopyTold: Sendable {
    private struct State {
        var result: Result<Void, CopyFailure>?
        var isAbandoned = false
        var portions = 0
    }

    private let state = Mutex(State())

    var result: Result<Void, CopyFailure>? { state.withLock { $0.result } }
    /// Before each portion a copy asks whether anybody waits for it.
    var portions: Int { state.withLock { $0.portions } }
    func abandon() { state.withLock { $0.isAbandoned = true } }

    func order(_ path: String) -> CopyOrder {
        CopyOrder(
            path: path,
            isAbandoned: {
                self.state.withLock { state in
                    state.portions += 1
                    return state.isAbandoned
                }
            },
            done: { result in
                self.state.withLock { state in
                    #expect(state.result == nil, "told once")
                    state.result = result
                }
            })
    }
}

@Suite struct StoreCopyTests {
    private let folder = ScratchFolder("copy")
    private var path: String { folder.path + "/gatewayd.db.copy" }

    /// A store of several megabytes, so that its copy takes many portions.
    private func filled(_ rig: StoreRig) throws {
        for number in 1...UInt64(20_000) {
            rig.queue.append(.test(number, key: .test(number % 300), hold: number))
            if number.isMultiple(of: 500) { rig.advance() }
        }
        rig.advance()
        rig.queue.acknowledge(rig.delivered().map(\.record.seq))
        rig.advance(StoreQueue.idleTime)
    }

    private func read(_ question: String) throws -> Int64 {
        let database = try Database(path: path)
        defer { database.close() }
        return try database.prepare(question).firstRow { $0.integer(0) } ?? -1
    }

    @Test func eventsAndCursorOfACopyAreOfOneMoment() throws {
        let rig = try StoreRig(copyPath: path)
        try filled(rig)
        let told = CopyTold()
        rig.queue.copy(told.order(path))
        var number: UInt64 = 100_000
        while told.result == nil {
            for _ in 0..<StoreQueue.batchMost {
                number += 1
                rig.queue.append(.test(number, hold: 1))
            }
            // Half of what is settled is acknowledged, so that the cursor is always on its way.
            let delivered = rig.delivered().map(\.record.seq)
            rig.queue.acknowledge(delivered.prefix(delivered.count / 2))
            let before = told.portions
            while told.portions == before, told.result == nil { rig.advance(.microseconds(10)) }
        }
        #expect(throws: Never.self) { try told.result?.get() }
        #expect(told.portions > 10, "only \(told.portions) portions")
        let events = try read("SELECT count(*) FROM usage_events")
        #expect(events > 20_000 && events <= 20_000 + Int64(told.portions * StoreQueue.batchMost))
        #expect(try read("SELECT max(seq) FROM usage_events") == events, "numbered without gaps")
        let settled = try read("SELECT settled_seq FROM outbox")
        #expect(settled >= 20_000 && settled <= events)
        #expect(try read("SELECT sum(requests) FROM key_totals") == events)
        #expect(try rig.rollupsMatchEvents())
    }

    @Test func anAbandonedCopyEndsAndTheNextIsMade() throws {
        let rig = try StoreRig(copyPath: path)
        try filled(rig)
        let first = CopyTold()
        rig.queue.copy(first.order(path))
        rig.run()
        first.abandon()
        while first.result == nil { rig.advance() }
        #expect(throws: CopyFailure.self) { try first.result?.get() }
        let second = CopyTold()
        rig.queue.copy(second.order(path))
        while second.result == nil { rig.advance() }
        #expect(try read("SELECT count(*) FROM usage_events") == 20_000)
    }

    @Test func aStoreThatIsClosedEndsTheCopy() throws {
        let rig = try StoreRig(copyPath: path)
        try filled(rig)
        let told = CopyTold()
        rig.queue.copy(told.order(path))
        rig.run()
        #expect(try rig.queue.close() == 0)
        let failure = #expect(throws: CopyFailure.self) { try told.result?.get() }
        #expect(failure?.code == .draining)
        let late = CopyTold()
        rig.queue.copy(late.order(path))
        rig.run()
        #expect(throws: CopyFailure.self) { try late.result?.get() }
    }

    @Test func aDiskThatRefusesTheCopyHarmsNoBatch() throws {
        let rig = try StoreRig(copyPath: path)
        try filled(rig)
        let told = CopyTold()
        rig.queue.copy(told.order(folder.path + "/missing/copy"))
        rig.run()
        let failure = #expect(throws: CopyFailure.self) { try told.result?.get() }
        #expect(failure?.code == .unavailable)
        rig.queue.append(.test(99_999))
        rig.advance()
        #expect(rig.queue.figures.failures == 0 && rig.queue.isAccepting)
    }

    @Test func aProcessThatHasHandedOverGivesNoBackup() throws {
        let rig = try StoreRig(copyPath: path)
        var leaving = rig.options
        leaving.copyPath = nil
        try rig.queue.move(to: leaving)
        let told = CopyTold()
        rig.queue.copy(told.order(path))
        rig.run()
        let failure = #expect(throws: CopyFailure.self) { try told.result?.get() }
        #expect(failure?.code == .draining)
    }

    @Test func whatACrashLeftIsRemovedWhenTheStoreIsOpened() throws {
        let leftOver = open(path, O_WRONLY | O_CREAT, 0o600)
        try #require(write(leftOver, "left", 4) == 4)
        close(leftOver)
        let options = StoreOptions(
            path: folder.path + "/gatewayd.db", clock: { StoreRig.start.value }, copyPath: path)
        let queue = try StoreQueue.open(options, on: EmbeddedEventLoop(), loops: []) { _, _ in }
        #expect(access(path, F_OK) != 0)
        #expect(try queue.close() == 0)
    }
}
