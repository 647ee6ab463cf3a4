// The parts that need no socket: tables, back-off, policies; and one tick's writes in one flush.

import Glibc
import Money
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import IPC

@Suite struct SmallPartsTests {
    @Test func slotsAreReusedAndBounded() {
        var table = SlotTable<Int>(capacity: 3)
        #expect([10, 11, 12].map { table.insert($0) } == [0, 1, 2])
        #expect(table.insert(13) == nil)
        #expect(table.nextIndex == nil)
        #expect(table.remove(1) == 11)
        #expect(table.remove(1) == nil)
        #expect(table.nextIndex == 1)
        #expect(table.insert(14) == 1)
        #expect(table.count == 3)
        #expect(table.indices { $0 > 11 } == [1, 2])
        #expect(table.least { $0 } == 10)
        #expect(table[99] == nil)
    }

    @Test func backoffGrowsToItsLongestAndNeverLeavesItsRange() {
        for seed in 0..<500 {
            var backoff = Backoff(seed: UInt64(seed))
            for attempt in 0..<30 {
                let full = min(Backoff.shortest.nanoseconds << min(attempt, 20), Backoff.longest.nanoseconds)
                let wait = backoff.next().nanoseconds
                #expect((full / 2...full).contains(wait), "seed \(seed) attempt \(attempt)")
            }
            backoff.reset()
            #expect(backoff.next() <= Backoff.shortest)
        }
    }

    @Test func backoffIsItsSeeds() {
        var (one, same, other) = (Backoff(seed: 7), Backoff(seed: 7), Backoff(seed: 8))
        let waits = (0..<10).map { _ in one.next() }
        #expect(waits == (0..<10).map { _ in same.next() })
        #expect(waits != (0..<10).map { _ in other.next() })
    }

    @Test func policyAllowsWhatItSaysAndNothingElse() {
        var policy = PeerPolicy([100: [.gatewayd]])
        #expect(policy.permits(.gatewayd, uid: 100))
        #expect(!policy.permits(.weirctl, uid: 100))
        #expect(!policy.permits(.gatewayd, uid: 101))
        policy.allow(.weirctl, for: 100)
        #expect(policy.permits(.weirctl, uid: 100) && policy.permits(.gatewayd, uid: 100))
        #expect(PeerRole.allCases.allSatisfy { PeerPolicy.development().permits($0, uid: getuid()) })
        #expect(!PeerPolicy.development().permits(.weirctl, uid: 54_321))
    }

    @Test func tableKnowsWhatIsNotAnswered() {
        let row = ServiceRow.call(ReleaseRequest.self, from: .gatewayd, within: .seconds(1)) { _, answer in
            answer.send(EmptyAnswer())
        }
        let missing = ServiceTable(owner: .walletd, [row]).unanswered
        let own = MessageNumber.allCases.filter { $0.owner == .walletd && $0 != .walletRelease }
        #expect(missing == [.linkMetrics] + own)
    }

    @Test func rowThatDisagreesWithTheProtocolStopsTheDaemon() async {
        await #expect(processExitsWith: .failure) {
            let row = ServiceRow.call(CreditRequest.self, from: [.gatewayd, .weirctl], within: .seconds(5)) { _, _ in }
            _ = ServiceTable(owner: .walletd, [row])
        }
        await #expect(processExitsWith: .failure) {
            let row = ServiceRow.call(ReleaseRequest.self, from: .gatewayd, within: .seconds(2)) { _, _ in }
            _ = ServiceTable(owner: .walletd, [row])
        }
    }

    @Test func rowThatStandsTwiceOrElsewhereStopsTheDaemon() async {
        await #expect(processExitsWith: .failure) {
            let row = ServiceRow.call(ReleaseRequest.self, from: .gatewayd, within: .seconds(1)) { _, _ in }
            _ = ServiceTable(owner: .walletd, [row, row])
        }
        await #expect(processExitsWith: .failure) {
            let row = ServiceRow.call(ReleaseRequest.self, from: .gatewayd, within: .seconds(1)) { _, _ in }
            _ = ServiceTable(owner: .gatewayd, [row])
        }
    }
}

@Suite struct FlushTests {
    private final class Silent: FrameReceiver {
        func channelOpened() {}
        func received(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {}
        func channelEnded(_ reason: CloseReason) {}
    }

    private final class Answering: FrameReceiver {
        var channel: FrameChannel?
        func channelOpened() {}
        func received(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
            _ = channel?.write(FrameHeader(.response, call: header.call))
        }
        func channelEnded(_ reason: CloseReason) { channel = nil }
    }

    @Test func framesWrittenInOneTickLeaveInOneWrite() throws {
        let frames = FrameChannel(receiver: Silent(), pausesReading: false)
        let channel = EmbeddedChannel(handler: frames)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        for call in 1...100 { #expect(frames.write(FrameHeader(.cancel, call: UInt64(call)))) }
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        channel.embeddedEventLoop.run()
        #expect(try channel.readOutbound(as: ByteBuffer.self)?.readableBytes == 100 * IPCLimits.headerBytes)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func answersWrittenWhileReadingLeaveWhenTheReadIsComplete() throws {
        let receiver = Answering()
        let frames = FrameChannel(receiver: receiver, pausesReading: true)
        receiver.channel = frames
        let channel = EmbeddedChannel(handler: frames)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        var writer = WireWriter()
        for call in 1...10 { _ = writer.frame(FrameHeader(.request, call: UInt64(call))) }
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: writer.bytes))
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: writer.bytes))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        channel.pipeline.fireChannelReadComplete()
        #expect(try channel.readOutbound(as: ByteBuffer.self)?.readableBytes == 20 * IPCLimits.headerBytes)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        receiver.channel = nil
    }
}
