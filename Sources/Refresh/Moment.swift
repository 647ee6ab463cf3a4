// Moment: the time as two clocks tell it.
//
// For: expiries, which the wall clock decides, and waits, which must not end early or late because somebody set it.
// Refuses: nothing; reading the clocks is somebody else's business.
// Called by: everything here; tokend makes moments.

public import Tenancy

/// A span of time in milliseconds. Also negative: what is over.
public struct Millis: Hashable, Comparable, Sendable {
    public let value: Int64

    @inlinable
    public init(_ value: Int64) { self.value = value }

    public static func seconds(_ count: Int64) -> Millis { Millis(count * 1000) }
    public static func minutes(_ count: Int64) -> Millis { Millis(count * 60_000) }
    public static func hours(_ count: Int64) -> Millis { Millis(count * 3_600_000) }
    public static func days(_ count: Int64) -> Millis { Millis(count * 86_400_000) }

    @inlinable
    public static func < (left: Millis, right: Millis) -> Bool { left.value < right.value }

    static func + (left: Millis, right: Millis) -> Millis { Millis(left.value + right.value) }
    static func - (left: Millis, right: Millis) -> Millis { Millis(left.value - right.value) }
}

/// Milliseconds of a clock that nobody sets and that never goes back: CLOCK_BOOTTIME, or CLOCK_MONOTONIC.
public struct UptimeMillis: Hashable, Comparable, Sendable {
    public let value: Int64

    @inlinable
    public init(_ value: Int64) { self.value = value }

    @inlinable
    public static func < (left: UptimeMillis, right: UptimeMillis) -> Bool { left.value < right.value }

    static func + (left: UptimeMillis, right: Millis) -> UptimeMillis { UptimeMillis(left.value + right.value) }
    static func - (left: UptimeMillis, right: UptimeMillis) -> Millis { Millis(left.value - right.value) }
}

/// One instant on both clocks, read one right after the other.
public struct Moment: Hashable, Sendable {
    public let wall: UnixMillis
    public let uptime: UptimeMillis

    public init(wall: UnixMillis, uptime: UptimeMillis) { (self.wall, self.uptime) = (wall, uptime) }

    /// How far the wall clock is ahead of the other. Changes only when somebody sets it or the machine sleeps.
    var lead: Millis { Millis(wall.value - uptime.value) }

    /// What the wall clock will say at `instant` if nobody sets it; of an instant before, what it would have said, had
    /// it been set then as it is now.
    public func wall(at instant: UptimeMillis) -> UnixMillis { wall + (instant - uptime) }
}

extension UnixMillis {
    static func + (left: UnixMillis, right: Millis) -> UnixMillis { UnixMillis(left.value + right.value) }
    static func - (left: UnixMillis, right: Millis) -> UnixMillis { UnixMillis(left.value - right.value) }
    static func - (left: UnixMillis, right: UnixMillis) -> Millis { Millis(left.value - right.value) }
}

/// Notices that the wall clock was set or that the machine slept (case O-09).
public struct ClockWatch: Sendable {
    /// Smaller differences are the clocks' own: an NTP daemon slews at most 0.5 ms a second, and below this an alarm is
    /// as good as on time.
    public static let tolerance = Millis.seconds(2)

    private var lead: Millis

    /// A watch that knows how the clocks stand to each other at `now`.
    public init(at now: Moment) { lead = now.lead }

    /// Looks at both clocks, as often as alarms are looked at. By how much the wall clock has jumped since the last look,
    /// forward or back; `nil` when it has not.
    public mutating func look(at now: Moment) -> Millis? {
        let jump = now.lead - lead
        lead = now.lead
        return jump < Millis(-Self.tolerance.value) || jump > Self.tolerance ? jump : nil
    }
}
