// InflaterTests: compressed bodies come out whole however they are cut, and never larger than allowed.

import CZlib
import NIOCore
import Support
import Testing

@testable import HTTP

@Suite struct InflaterTests {
    @Test(arguments: [15 + 16, 15])
    func gzipAndZlibComeOutTheSameHoweverTheyAreCut(_ windowBits: Int32) throws {
        let plain = Array(String(repeating: "weir lets water through and measures it. ", count: 40).utf8)
        let packed = deflated(plain, windowBits: windowBits)
        for cut in everyCut(of: packed) {
            let (output, isFinished) = try inflated(cut.split(packed), limit: plain.count)
            #expect(output == plain, "\(cut)")
            #expect(isFinished, "\(cut)")
        }
    }

    @Test func randomBytesSurviveTheRoundTrip() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<50 {
            let plain = (0..<Int.random(in: 0...50_000, using: &random)).map { _ in
                UInt8.random(in: 0...7, using: &random)
            }
            let packed = deflated(plain, windowBits: 15 + 16)
            let sizes = (0..<20).map { _ in Int.random(in: 0...4000, using: &random) }
            let (output, isFinished) = try inflated(Cut.pieces(sizes).split(packed), limit: plain.count)
            #expect(output == plain && isFinished, "seed \(random.seed)")
        }
    }

    @Test func aMemberBehindAnotherIsInflatedToo() throws {
        let packed = deflated([UInt8]("one, "), windowBits: 31) + deflated([UInt8]("two"), windowBits: 31)
        for cut in everyCut(of: packed) {
            #expect(try inflated(cut.split(packed), limit: 100).0 == [UInt8]("one, two"), "\(cut)")
        }
    }

    @Test func theLimitIsOnTheOutputAndExact() throws {
        let packed = deflated(Array(repeating: 0, count: 1_000_000), windowBits: 31)
        #expect(packed.count < 2000)
        #expect(try inflated([packed], limit: 1_000_000).0.count == 1_000_000)
        #expect(throws: InflateProblem.tooLarge) { try inflated([packed], limit: 999_999) }
    }

    @Test func aBombIsStoppedWithinOneStepOfTheLimit() {
        let packed = deflated(Array(repeating: 0, count: 64 << 20), windowBits: 31)
        let inflater = Inflater()
        var output = ByteBuffer()
        #expect(throws: InflateProblem.tooLarge) {
            try packed.withUnsafeBytes { try inflater.inflate($0, into: &output, limit: 1 << 20) }
        }
        #expect(output.readableBytes <= (1 << 20) + 16 * 1024)
    }

    @Test func damageIsNoticed() {
        var packed = deflated(Array(repeating: 65, count: 1000), windowBits: 31)
        packed[packed.count - 6] ^= 1
        #expect(throws: InflateProblem.corrupt) { try inflated([packed], limit: 10_000) }
        #expect(throws: InflateProblem.corrupt) { try inflated([[UInt8]("plain text")], limit: 10_000) }
        let trailing = deflated([UInt8]("a"), windowBits: 31) + [UInt8]("garbage")
        #expect(throws: InflateProblem.corrupt) { try inflated([trailing], limit: 10_000) }
    }

    @Test func aCutStreamIsNotFinished() throws {
        let packed = deflated([UInt8]("cut short"), windowBits: 31)
        #expect(try inflated([Array(packed.dropLast(9))], limit: 100).1 == false)
    }
}

/// What `pieces` inflate to, and whether the end was reached.
private func inflated(_ pieces: [[UInt8]], limit: Int) throws -> ([UInt8], Bool) {
    let inflater = Inflater()
    var output = ByteBuffer()
    for piece in pieces { try piece.withUnsafeBytes { try inflater.inflate($0, into: &output, limit: limit) } }
    return (Array(buffer: output), inflater.isFinished)
}

/// `plain` compressed by zlib itself; `windowBits` as in zlib.h (15 zlib, 31 gzip).
func deflated(_ plain: [UInt8], windowBits: Int32 = 31) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    precondition(deflateInit2_(&stream, 9, Z_DEFLATED, windowBits, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK)
    defer { deflateEnd(&stream) }
    var plain = plain
    var packed = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(plain.count))))
    let written = plain.withUnsafeMutableBufferPointer { input in
        packed.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
            return output.count - Int(stream.avail_out)
        }
    }
    return Array(packed[..<written])
}
