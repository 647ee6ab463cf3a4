// RestartDelay: how long a child that ended waits for its next start.
//
// For: a crash loop that stays readable and leaves the machine alone.
// Refuses: nothing.
// Called by: Supervisor.

/// Doubling delays: 250 ms, 500 ms, 1 s, 2 s, 4 s, 8 s, then 10 s each time.
enum RestartDelay {
    /// Short enough that a single crash is hardly noticed by clients that retry.
    static let first: Int64 = 250
    /// Long enough that a daemon which cannot start costs nothing, short enough that an operator waits for it.
    static let longest: Int64 = 10_000
    /// A child that was ready this long starts afresh.
    static let forgivenAfter: Int64 = 10_000

    /// Milliseconds before the start that follows `failures` (at least 1) ends in a row.
    static func millis(afterFailures failures: Int) -> Int64 {
        // Six doublings pass `longest`; more would only overflow.
        min(longest, first << Int64(min(failures - 1, 6)))
    }
}
