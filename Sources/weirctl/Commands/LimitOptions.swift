// LimitOptions: rate limits on the command line.
//
// For: tenant create and set, key create and set.
// Refuses: --no-limits together with a limit.
// Called by: those commands.

import ArgumentParser
import IPC

struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Requests a minute, 0 for no limit.", valueName: "count"))
    var requestsPerMinute: UInt32?

    @Option(help: ArgumentHelp("Requests that may arrive at once, 0 for a minute's worth.", valueName: "count"))
    var requestBurst: UInt32?

    /// Whether any limit was given.
    var areGiven: Bool { requestsPerMinute != nil || requestBurst != nil }

    /// The limits for something new; `nil` when none was given, so that the configured default holds.
    var limits: RateLimits? { areGiven ? over(nil) : nil }

    /// `old` with the given ones in place; what neither says is unlimited.
    func over(_ old: RateLimits?) -> RateLimits {
        RateLimits(
            requestsPerMinute: requestsPerMinute ?? old?.requestsPerMinute ?? 0,
            requestBurst: requestBurst ?? old?.requestBurst ?? 0)
    }
}

/// Limits of something that exists.
struct LimitChanges: ParsableArguments {
    @OptionGroup var given: LimitOptions

    @Flag(help: "Takes its own limits away; the configured default holds again.")
    var noLimits = false

    func validate() throws {
        if noLimits && given.areGiven { throw ValidationError("--no-limits takes the limits away: give no others") }
    }

    /// What to change, given what holds now.
    func change(from old: RateLimits?) -> Change<RateLimits?> {
        if noLimits { return .set(nil) }
        return given.areGiven ? .set(given.over(old)) : .keep
    }
}

extension Report {
    /// Limits as columns of a detailed answer.
    static let limitColumns: [Column] = [.detail("requests_per_minute"), .detail("request_burst")]

    static func limitCells(_ limits: RateLimits?) -> [Cell] {
        [limits?.requestsPerMinute, limits?.requestBurst].map { .optional($0) { .count($0) } }
    }
}
