// A handover as the store sees it: one process goes on in a file of its own, the next one takes that file in.

import NIOCore
import Storage
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct StoreLeavingTests {
    private static let name = LeavingFile.name(process: 7, at: StoreRig.start)

    private static func leaving(_ rig: StoreRig, _ name: String = Self.name) -> StoreOptions {
        var options = rig.options
        options.leaving = nil
        return StoreOptions(
            path: "/\(name)", leaving: nil, eventDays: 30, clock: options.clock, fileLayer: options.fileLayer,
            report: options.report)
    }

    /// A store that has handed over and written three records, an error and what it settled of them.
    private static func handedOver(_ faulty: FaultyFiles) throws -> StoreRig {
        let rig = try StoreRig(faulty)
        for number in 1...3 as ClosedRange<UInt64> { rig.queue.append(.test(number)) }
        rig.advance()
        rig.queue.acknowledge(rig.delivered().map(\.record.seq))
        try rig.queue.move(to: leaving(rig))
        rig.queue.append(.test(4, error: ErrorNote(kind: .upstreamTimeout, message: "late")))
        rig.queue.append(.test(5, loop: 1, model: "gpt"))
        rig.queue.append(.test(6, cost: 0))
        rig.queue.append(ErrorRecord.test)
        rig.advance()
        return rig
    }

    @Test func numbersGoOnInTheOtherFile_andAcknowledgementsOfTheFirstDoNoHarm() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1))
        rig.advance()
        let before = rig.delivered().map(\.record.seq)
        try rig.queue.move(to: Self.leaving(rig))
        rig.queue.append(.test(2, hold: 9, loop: 1))
        rig.advance()
        let after = rig.delivered()
        #expect(before == [1])
        #expect(after.map(\.record.seq) == [2] && after.map(\.record.hold) == [9] && after.map(\.loop) == [1])
        rig.queue.acknowledge(before + [2])
        rig.advance(StoreQueue.idleTime)
        #expect(rig.queue.figures.backlog == 0)
    }

    @Test func whatWaitsGoesAlong() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1))
        try rig.queue.move(to: Self.leaving(rig))
        rig.advance()
        #expect(try rig.queue.close() == 0)
        let next = try StoreRig(rig.faulty)
        #expect(try next.stored() == [1])
    }

    @Test func successorTakesEverythingInOnce_withItsErrors() throws {
        let faulty = FaultyFiles()
        let old = try Self.handedOver(faulty)
        #expect(try old.queue.close() == 0)
        let rig = try StoreRig(faulty)
        #expect(rig.options.leaving?.names() == [])
        #expect(try rig.stored() == [1, 2, 3, 4, 5, 6])
        let errors = try rig.ask { store throws(StorageError) in
            try store.errors(of: nil, before: .max, limit: 10).map(\.message)
        }
        #expect(Set(errors) == ["late", ErrorRecord.test.note.message] && errors.count == 2)
        rig.queue.startReplay()
        rig.advance(StoreQueue.idleTime)
        #expect(rig.delivered().map(\.record.request) == [UsageRecord.test(4).request, UsageRecord.test(5).request])
        let again = try withExtendedLifetime(rig.queue.close()) { try StoreRig(faulty) }
        #expect(try again.stored().count == 6)
    }

    @Test func afterAFailedHandover_ourOwnFileComesBackUnderTheSameNumbers() throws {
        let rig = try Self.handedOver(FaultyFiles())
        let seqs = rig.delivered().map(\.record.seq)
        try rig.queue.move(to: rig.options)
        rig.queue.startReplay()
        rig.advance(StoreQueue.idleTime)
        #expect(rig.delivered().map(\.record.seq) == seqs && seqs == [4, 5])
        rig.queue.acknowledge(seqs)
        rig.advance(StoreQueue.idleTime)
        #expect(rig.queue.figures.backlog == 0)
        #expect(rig.options.leaving?.names() == [])
    }

    /// The n-th file operation of taking in fails, once or for ever after; then the process starts again on a good disk.
    @Test(arguments: [false, true]) func whicheverOperationFails_eachRecordIsTakenInOnce(isForever: Bool) throws {
        var failed = true
        var number = 1
        while failed {
            let faulty = FaultyFiles()
            let old = try Self.handedOver(faulty)
            #expect(try old.queue.close() == 0)
            faulty.plan(isForever ? .forever(number) : .once(number))
            let first = try? StoreRig(faulty)
            failed = faulty.hasFailed
            faulty.plan(.none)
            _ = try first?.queue.close()
            let second = try StoreRig(faulty)
            #expect(try second.stored().count == 6, "operation \(number)")
            number += 1
        }
        #expect(number > 20, "only \(number) operations were seen")
    }

    @Test func fileThatCannotBeRead_isToldAndLeft() throws {
        let faulty = FaultyFiles()
        let old = try Self.handedOver(faulty)
        #expect(try old.queue.close() == 0)
        for offset in 0..<100 { faulty.damage("/\(Self.name)", at: offset) }
        let rig = try StoreRig(faulty)
        #expect(rig.events.all.contains("leftBehind"))
        #expect(try rig.stored().count == 3)
        #expect(rig.options.leaving?.names() == [Self.name])
    }
}
