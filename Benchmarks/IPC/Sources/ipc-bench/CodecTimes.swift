// CodecTimes: nanoseconds to write and to read a message, best of many rounds.

import Glibc
import IPC
import Money
import Tenancy

/// Measures the codec alone, without frames and sockets.
enum CodecTimes {
    private static let rounds = 25
    private static let batch = 100_000

    static func measure() -> String {
        let settle = SettleRequest(
            hold: 7, amount: Micros(125_000), at: UnixMillis(1_795_246_380_000),
            reference: Reference(milliseconds: 1_795_246_380_000, unique: 1, 2), tenant: TenantID("acme")!,
            budget: KeyID("key_0123456789abcdef")!)
        let answer = BalanceAnswer(known: true, balance: Micros(1), held: Micros(2), free: Micros(3), entries: 4)
        let parts = [
            times("wallet.hold request", BenchPeers.hold), times("wallet.settle request", settle),
            times("wallet.hold answer", HoldAnswer(outcome: .granted, free: Micros(5))),
            times("wallet.balance answer", answer), times("52 bytes of numbers", Numbers()),
        ]
        return "{" + parts.joined(separator: ", ") + "}"
    }

    private static func times<Value: WireValue>(_ name: String, _ value: Value) -> String {
        var writer = WireWriter(capacity: 1 << 10)
        value.encode(to: &writer)
        let bytes = writer.count
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 16)
        defer { copy.deallocate() }
        copy.copyMemory(from: writer.bytes)
        let write = best {
            for _ in 0..<batch { encode(value) }
        }
        let read = best {
            for _ in 0..<batch { decode(Value.self, UnsafeRawBufferPointer(copy)) }
        }
        return "\"\(name)\": {\"bytes\": \(bytes), \"write_ns\": \(write), \"read_ns\": \(read)}"
    }

    nonisolated(unsafe) private static var shared = Box()

    private final class Box { var writer = WireWriter(capacity: 1 << 16) }

    /// Written as a connection writes: one after the other, emptied now and then.
    @inline(never)
    private static func encode<Value: WireValue>(_ value: Value) {
        if shared.writer.count > 32 << 10 { shared.writer = WireWriter(capacity: 1 << 16) }
        value.encode(to: &shared.writer)
    }

    @inline(never)
    private static func decode<Value: WireValue>(_ type: Value.Type, _ bytes: UnsafeRawBufferPointer) {
        var reader = WireReader(bytes)
        guard (try? Value(from: &reader)) != nil else { fatalError("a message reads back") }
    }

    /// Nanoseconds per run of the batch's body in the fastest round, to a tenth.
    private static func best(_ body: () -> Void) -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let start = nanoseconds()
            body()
            best = min(best, Double(nanoseconds() - start) / Double(batch))
        }
        return (best * 10).rounded() / 10
    }

    private static func nanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// The message that the design was measured with: six 64-bit and one 32-bit number.
struct Numbers: WireValue {
    var a: UInt64 = 1, b: UInt64 = 2, c: UInt64 = 3, d: Int64 = 4, e: Int64 = 5, f: Int64 = 6
    var g: UInt32 = 7

    init() {}

    func encode(to writer: inout WireWriter) {
        writer.u64(a)
        writer.u64(b)
        writer.u64(c)
        writer.i64(d)
        writer.i64(e)
        writer.i64(f)
        writer.u32(g)
    }

    init(from reader: inout WireReader) throws(WireFault) {
        (a, b, c) = (try reader.u64(), try reader.u64(), try reader.u64())
        (d, e, f) = (try reader.i64(), try reader.i64(), try reader.i64())
        g = try reader.u32()
    }
}
