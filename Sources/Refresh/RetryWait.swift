// RetryWait: how long an account is left alone after a failed refresh.
//
// For: exponential back-off with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015), the
// provider's own wish, and an earlier chance for somebody who waits for the credential.
// Refuses: a wait below the policy's shortest or above its longest; a wish above its bound.
// Called by: TokenState.

/// A wait, and when within it somebody who asks may end it.
struct RetryWait: Hashable {
    /// The wait of the account's own next attempt.
    let wait: Millis
    /// The part of it during which a demand is refused as well.
    let cooldown: Millis

    /// The wait after `failures` failures in a row (1, 2, …), the last of which was `failure`.
    ///
    /// Drawn evenly from the shortest wait to its double, its fourfold … and never beyond the longest: with 5 s and 5 min to
    /// 5–10 s, 5–20 s, 5–40 s, … 5–300 s from the sixth on.
    init(after failure: CallFailure, failures: Int, by policy: RefreshPolicy, _ draw: inout Draw) {
        let doubled = policy.shortestWait.value << min(failures, 20)
        let ceiling = Millis(min(policy.longestWait.value, doubled))
        let drawn = policy.shortestWait + draw.upTo(ceiling - policy.shortestWait)
        switch failure {
        case .clientRefused:
            // Only the operator can mend it: the longest wait at once, for demands too.
            let half = Millis(policy.longestWait.value / 2)
            wait = max(policy.shortestWait, half + draw.upTo(half))
            cooldown = wait
        case .busy(let wish?), .unavailable(let wish?):
            // Never earlier than asked for, and not all at the same instant after it.
            let asked = Millis(min(max(0, wish.value), policy.longestRetryAfter.value))
            wait = max(drawn, asked + draw.upTo(Millis(asked.value / 10)))
            cooldown = max(asked, min(wait, policy.demandCooldown))
        default:
            wait = drawn
            cooldown = min(wait, policy.demandCooldown)
        }
    }
}
