// RetryAfter: the vendor's `retry-after`, in seconds.
//
// For: cooldowns and waiting within the request's budget (cases T-12, T-13).
// Refuses: HTTP dates (no vendor of models sends them) and anything that is not a plain number of seconds: taken as unstated.
// Called by: Attempt.

enum RetryAfter {
    /// The longest pause that is believed: a day.
    private static let secondsMost: UInt64 = 86_400

    /// The value in nanoseconds, or `nil` when it is not a whole number of seconds.
    static func nanos(_ value: UnsafeRawBufferPointer) -> UInt64? {
        guard (1...9).contains(value.count) else { return nil }
        var seconds: UInt64 = 0
        for byte in value {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            seconds = seconds * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return min(seconds, secondsMost) * 1_000_000_000
    }
}
