// The messages' codec: cuts, trailing bytes, limits, hostile numbers.

import Money
import Tenancy
import Testing

@testable import IPC

@Suite struct MessageCodecTests {
    @Test(arguments: walletSamples + gatewaySamples + tokenSamples)
    func everyStrictPrefixIsTruncated(_ sample: Sample) {
        let bytes = sample.bytes
        for length in 0..<bytes.count {
            #expect(throws: WireFault.truncated, "cut at \(length)") { try sample.reads(Array(bytes.prefix(length))) }
        }
    }

    @Test(arguments: walletSamples + gatewaySamples + tokenSamples)
    func unknownTrailingFieldsAreSkipped(_ sample: Sample) throws {
        #expect(try sample.reads(sample.bytes + [0xFF, 0x00, 0x07]))
    }

    @Test func unknownTrailingFieldsInsideListElementsAreSkipped() throws {
        let entry = HistoryEntry(
            kind: .credit, amount: Micros(5), at: UnixMillis(1), reference: Reference(text: "a")!, original: nil,
            budget: nil, note: "n")
        var writer = WireWriter()
        entry.encode(to: &writer)
        let newer = Array(writer.bytes) + [9, 9, 9]
        writer.rollBack(to: 0)
        writer.optionalReference(nil)
        writer.u16(2)
        for _ in 0..<2 {
            writer.u16(UInt16(newer.count))
            newer.withUnsafeBytes { writer.raw($0) }
        }
        var reader = WireReader(writer.bytes)
        #expect(try HistoryAnswer(from: &reader) == HistoryAnswer(next: nil, entries: [entry, entry]))
        #expect(reader.remaining == 0)
    }

    @Test func lengthsBeyondTheFieldAreTooLong() {
        let request = TenantCreateRequest(
            tenant: TenantID("acme")!, policy: .reserve, displayName: String(repeating: "x", count: 129), limits: nil)
        var writer = WireWriter()
        request.encode(to: &writer)
        let refused = writer.overLimit
        #expect(refused)
        writer.rollBack(to: 0)
        writer.tenant(request.tenant)
        writer.policy(.reserve)
        writer.text(request.displayName, atMost: 1000)
        let found = fault(TenantCreateRequest.self, writer.bytes)
        #expect(found == .tooLong)
    }

    @Test func listsBeyondTheirLimitAreTooLong() {
        var writer = WireWriter()
        writer.u64(0)
        writer.u16(201)
        let found = fault(ErrorReportAnswer.self, writer.bytes)
        #expect(found == .tooLong)
        let finding = AuditFinding(text: "")
        AuditEnd(
            sound: false, entries: 0, wallets: 0, sum: .zero, findings: Array(repeating: finding, count: 65)
        ).encode(to: &writer)
        let refused = writer.overLimit
        #expect(refused)
    }

    @Test func aListCountWithoutElementsReservesNothing() {
        var writer = WireWriter()
        writer.flag(false)
        writer.u16(1000)
        let found = fault(UsageReportAnswer.self, writer.bytes)
        #expect(found == .truncated)
    }

    @Test func numbersThatNameNothingAreRefused() {
        var hold = walletSamples.first { $0.name == "wallet.hold request" }!.bytes
        hold[24] = 9
        #expect(hold.withUnsafeBytes { fault(HoldRequest.self, $0) } == .badNumber)
        let answer: [UInt8] = [2, 0] + [UInt8](repeating: 0, count: 8)
        #expect(answer.withUnsafeBytes { fault(HoldAnswer.self, $0) } == .badNumber)
        let flag: [UInt8] = [2] + [UInt8](repeating: 0, count: 32)
        #expect(flag.withUnsafeBytes { fault(BalanceAnswer.self, $0) } == .badNumber)
    }

    @Test func textThatIsNotUTF8OrNoIdentifierIsRefused() {
        let broken: [UInt8] = [2, 0, 0xC3, 0x28]
        #expect(broken.withUnsafeBytes { fault(BalanceRequest.self, $0) } == .badText)
        let upper: [UInt8] = [4, 0] + Array("ACME".utf8)
        #expect(upper.withUnsafeBytes { fault(BalanceRequest.self, $0) } == .badText)
        let empty: [UInt8] = [0, 0]
        #expect(empty.withUnsafeBytes { fault(BalanceRequest.self, $0) } == .badText)
    }

    @Test func capBelowNoneIsRefused() {
        var hold = walletSamples.first { $0.name == "wallet.hold request" }!.bytes
        hold.replaceSubrange(16..<24, with: [0xFE] + [UInt8](repeating: 0xFF, count: 7))
        #expect(hold.withUnsafeBytes { fault(HoldRequest.self, $0) } == .badNumber)
    }

    @Test func randomBytesNeverReadPastTheEnd() {
        var random = SplitMix(seed: 42)
        for _ in 0..<500 {
            let bytes = (0..<Int(random.next() % 96)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            for sample in walletSamples + gatewaySamples + tokenSamples { _ = try? sample.reads(bytes) }
        }
    }

    @Test func writerGrowsAndKeepsWhatItHas() {
        var writer = WireWriter(capacity: 64)
        for number in 0..<1000 { writer.u64(UInt64(number)) }
        var reader = WireReader(writer.bytes)
        for number in 0..<1000 {
            let read = try? reader.u64()
            #expect(read == UInt64(number))
        }
        #expect(reader.remaining == 0)
    }

    @Test func failureTextIsCutBetweenCharacters() {
        let failure = FailurePayload(.internalFault, String(repeating: "ä", count: 300))
        #expect(failure.text.utf8.count == 512)
        #expect(FailurePayload(.internalFault, "x" + String(repeating: "ä", count: 300)).text.utf8.count == 511)
    }

    private func fault<Value: WireValue>(_ type: Value.Type, _ bytes: UnsafeRawBufferPointer) -> WireFault? {
        var reader = WireReader(bytes)
        do throws(WireFault) {
            _ = try Value(from: &reader)
            return nil
        } catch {
            return error
        }
    }
}

/// SplitMix64, for tests that need bytes from a seed.
struct SplitMix {
    var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
