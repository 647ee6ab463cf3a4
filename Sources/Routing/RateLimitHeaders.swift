// RateLimitHeaders: a rate standing in the words of each vendor's SDK.
//
// For: clients that pace themselves by header fields. Values are written as bytes into a buffer on the stack.
// Refuses: nothing.
// Called by: gatewayd, for answers of metered routes.

public import Tenancy

/// Whose header fields to write.
public enum RateLimitManner: Sendable {
    /// `anthropic-ratelimit-requests-limit`, `-remaining`, `-reset` (RFC 3339).
    /// Source: docs.anthropic.com, API, rate limits, response headers.
    case anthropic
    /// `x-ratelimit-limit-requests`, `x-ratelimit-remaining-requests`, `x-ratelimit-reset-requests` (such as `1s`,
    /// `6m0s`).
    /// Source: platform.openai.com, guides, rate limits, rate limits in headers.
    case openai
}

/// Header fields of a rate standing.
public enum RateLimitHeaders {
    /// Calls `body` with each field's name and value; the value's bytes are valid during the call only.
    /// `retry-after`, in whole seconds, comes last and only when the request was refused. `now` is the wall-clock
    /// time, for `-reset`.
    @inlinable
    public static func forEach(
        _ manner: RateLimitManner, _ standing: RateStanding, now: UnixMillis,
        _ body: (_ name: StaticString, _ value: UnsafeRawBufferPointer) -> Void
    ) {
        withUnsafeTemporaryAllocation(byteCount: HeaderValue.longest, alignment: 1) { memory in
            var value = HeaderValue(memory)
            value.number(UInt64(standing.limit.requestsPerMinute))
            body(
                manner == .anthropic ? "anthropic-ratelimit-requests-limit" : "x-ratelimit-limit-requests", value.bytes)
            value.number(UInt64(standing.remaining))
            body(
                manner == .anthropic ? "anthropic-ratelimit-requests-remaining" : "x-ratelimit-remaining-requests",
                value.bytes)
            switch manner {
            case .anthropic:
                value.instant(UnixMillis(now.value + Int64(standing.resetNanos / 1_000_000)))
                body("anthropic-ratelimit-requests-reset", value.bytes)
            case .openai:
                value.duration(standing.resetNanos)
                body("x-ratelimit-reset-requests", value.bytes)
            }
            guard standing.retryAfterNanos > 0 else { return }
            value.number((standing.retryAfterNanos + 999_999_999) / 1_000_000_000)
            body("retry-after", value.bytes)
        }
    }
}

/// One header value in memory that somebody else owns.
@usableFromInline
struct HeaderValue {
    /// The longest value is a 64-bit number of minutes with its units: 20 + 4 bytes; RFC 3339 has 20.
    @usableFromInline
    static let longest = 32

    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0

    @usableFromInline
    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    @usableFromInline
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    @usableFromInline
    mutating func number(_ value: UInt64) {
        count = 0
        append(value, digits: 1)
    }

    /// RFC 3339 in UTC to the second, rounded up: `2026-11-21T07:33:00Z`.
    @usableFromInline
    mutating func instant(_ time: UnixMillis) {
        let seconds = max(0, (time.value + 999) / 1000)
        let date = CivilDate(daysSince1970: seconds / 86_400)
        count = 0
        append(UInt64(date.year), digits: 4)
        append("-")
        append(UInt64(date.month), digits: 2)
        append("-")
        append(UInt64(date.day), digits: 2)
        append("T")
        append(UInt64(seconds / 3600 % 24), digits: 2)
        append(":")
        append(UInt64(seconds / 60 % 60), digits: 2)
        append(":")
        append(UInt64(seconds % 60), digits: 2)
        append("Z")
    }

    /// `20ms`, `1s`, `6m0s`: milliseconds below one second, else whole seconds, rounded up.
    @usableFromInline
    mutating func duration(_ nanos: UInt64) {
        count = 0
        let millis = (nanos + 999_999) / 1_000_000
        guard millis >= 1000 else {
            append(millis, digits: 1)
            append("m")
            return append("s")
        }
        let seconds = (millis + 999) / 1000
        if seconds >= 60 {
            append(seconds / 60, digits: 1)
            append("m")
        }
        append(seconds % 60, digits: 1)
        append("s")
    }

    private mutating func append(_ character: Unicode.Scalar) {
        memory[count] = UInt8(ascii: character)
        count += 1
    }

    private mutating func append(_ value: UInt64, digits: Int) {
        var length = 1
        var rest = value / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        length = max(length, digits)
        rest = value
        for index in (count..<count + length).reversed() {
            memory[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += length
    }
}
