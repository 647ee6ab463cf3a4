// The frame decoder: whole, byte by byte, cut everywhere, cut at random; and everything it refuses.

import Testing

@testable import IPC

@Suite struct FrameDecoderTests {
    struct Frame: Equatable {
        let header: FrameHeader
        let payload: [UInt8]
    }

    /// Five frames with payloads of 0, 1, 45, 300 and 70,000 bytes.
    static let frames: [Frame] = [0, 1, 45, 300, 70_000].enumerated().map { index, size in
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
        let header = FrameHeader(
            .request, message: 0x0104, call: UInt64(index + 1) << 40, deadlineMillis: UInt32(index), flags: UInt8(index)
        )
        return Frame(header: header, payload: payload)
    }

    static func bytes(_ frames: [Frame]) -> [UInt8] {
        var writer = WireWriter()
        for frame in frames {
            let written = writer.frame(frame.header) { writer in frame.payload.withUnsafeBytes { writer.raw($0) } }
            #expect(written)
        }
        return Array(writer.bytes)
    }

    private func decode(_ pieces: [ArraySlice<UInt8>], limit: Int = IPCLimits.payloadBytes) throws -> [Frame] {
        var decoder = FrameDecoder(payloadLimit: limit)
        var frames: [Frame] = []
        for piece in pieces {
            try piece.withUnsafeBytes { bytes in
                try decoder.feed(bytes) { header, payload in
                    frames.append(Frame(header: header, payload: Array(payload)))
                    return limit
                }
            }
        }
        return frames
    }

    private func fault(_ bytes: [UInt8], limit: Int = IPCLimits.payloadBytes) -> FrameFault? {
        do {
            _ = try decode([bytes[...]], limit: limit)
            return nil
        } catch {
            return error as? FrameFault
        }
    }

    @Test func framesComeOutWhole() throws {
        #expect(try decode([Self.bytes(Self.frames)[...]]) == Self.frames)
    }

    @Test func framesComeOutByteByByte() throws {
        let bytes = Self.bytes(Self.frames)
        #expect(try decode(bytes.indices.map { bytes[$0...$0] }) == Self.frames)
    }

    @Test func framesComeOutWhereverTheBytesAreCut() throws {
        let frames = Array(Self.frames.prefix(4))
        let bytes = Self.bytes(frames)
        for cut in 0...bytes.count { #expect(try decode([bytes[..<cut], bytes[cut...]]) == frames, "cut at \(cut)") }
    }

    @Test func framesComeOutCutAtRandom() throws {
        let bytes = Self.bytes(Self.frames + Self.frames)
        for seed in 0..<200 {
            var random = SplitMix(seed: UInt64(seed))
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int(random.next() % 4000))
                pieces.append(bytes[start..<end])
                start = end
            }
            #expect(try decode(pieces) == Self.frames + Self.frames, "seed \(seed)")
        }
    }

    @Test func lengthBelowTheHeaderIsAFaultAtTheFourthByte() {
        #expect(fault([15, 0, 0, 0]) == .lengthTooSmall(15))
        #expect(fault([0, 0, 0, 0]) == .lengthTooSmall(0))
        #expect(fault([15, 0, 0]) == nil)
    }

    @Test func lengthAboveTheLimitIsAFaultAtTheFourthByte() {
        #expect(fault([17, 0, 16, 0]) == .lengthTooLarge(16 + 1 << 20 + 1))
        #expect(fault([16, 0, 16, 0]) == nil)
        #expect(fault(Array("GET / HTTP/1.1\r\n".utf8)) == .lengthTooLarge(0x2054_4547))
    }

    @Test func beforeTheHelloOnlyHelloLengthsPass() {
        #expect(fault([16, 1, 0, 0], limit: IPCLimits.helloBytes) == nil)
        #expect(fault([17, 1, 0, 0], limit: IPCLimits.helloBytes) == .lengthTooLarge(273))
    }

    @Test func faultIsTheSameByteByByte() throws {
        let bad: [UInt8] = [16, 0, 0, 0, 10, 0]
        #expect(fault(bad) == .unknownKind(10))
        #expect(throws: FrameFault.unknownKind(10)) { try decode(bad.indices.map { bad[$0...$0] }) }
        #expect(fault([16, 0, 0, 0, 0]) == .unknownKind(0))
    }

    @Test func unknownFlagsAreSkipped() throws {
        var bytes = Self.bytes([Self.frames[1]])
        bytes[5] = 0xFF
        #expect(try decode([bytes[...]]).first?.header.flags == 0xFF)
    }

    @Test func deliveryThatStopsEndsTheFeeding() throws {
        var decoder = FrameDecoder(payloadLimit: IPCLimits.payloadBytes)
        var count = 0
        try Self.bytes(Self.frames).withUnsafeBytes { bytes in
            try decoder.feed(bytes) { _, _ in
                count += 1
                return count == 2 ? nil : IPCLimits.payloadBytes
            }
        }
        #expect(count == 2)
    }

    @Test func payloadAboveTheLimitIsNotWritten() {
        var writer = WireWriter()
        let written = writer.frame(FrameHeader(.response), limit: 8) {
            $0.u64(1); $0.u8(1)
        }
        #expect(!written)
        let left = writer.count
        #expect(left == 0)
    }
}
