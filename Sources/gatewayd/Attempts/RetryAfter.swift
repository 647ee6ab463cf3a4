// RetryAfter: the vendor's `retry-after`, in seconds.
//
// For: cooldowns and waiting within the request's budget (cases T-12, T-13).
// Refuses: HTTP dates (no vendor of models sends them) and anything that is not a plain number of seconds: taken as unstated.
// Called by: Attempt, AgentErrand.

enum RetryAfter {
    /// The longest pause that is believed: a day.
    private static let secondsMost = 86_400

    /// The value in seconds, or `nil` when it is not a whole number of them.
    static func seconds(_ value: UnsafeRawBufferPointer) -> Int? {
        guard (1...9).contains(value.count) else { return nil }
        var seconds = 0
        for byte in value {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            seconds = seconds * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return min(seconds, secondsMost)
    }

    /// The same in nanoseconds.
    static func nanos(_ value: UnsafeRawBufferPointer) -> UInt64? { seconds(value).map { UInt64($0) * 1_000_000_000 } }
}
