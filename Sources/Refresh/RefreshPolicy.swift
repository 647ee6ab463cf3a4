// RefreshPolicy: how one provider's credentials are kept fresh.
//
// For: the numbers of a provider's entry in the catalogue, with what holds when it names none.
// Refuses: relations that would make a loop or a gap, by `fault`.
// Called by: TokenState, Expiry, RetryWait; whoever reads the catalogue fills it.

/// The times and bounds by which one provider's credentials are refreshed.
public struct RefreshPolicy: Hashable, Sendable {
    /// How long before its expiry a credential is refreshed: room for a minute's outage and some attempts. Of a
    /// credential that lives less than twice as long, half its life.
    public var lead = Millis.minutes(10)
    /// Up to this part of the lead, in percent, is added to it at random, so that accounts connected in one hour do not
    /// come due in one second.
    public var jitterPercent = 20

    /// How the answer states the lifetime.
    public var expiry = ExpiryRule.seconds
    /// What is assumed where the answer states none that makes sense: an hour, the commonest life of an access token.
    public var defaultLifetime = Millis.hours(1)
    /// Shorter lifetimes are taken as this, so that no provider makes us refresh more than about twice a minute.
    public var minimumLifetime = Millis.minutes(1)
    /// Longer lifetimes are taken as this: refresh tokens that are not used for some months expire as well.
    public var maximumLifetime = Millis.days(90)

    /// How long the token endpoint may take (case O-07): the HTTP client ends the call then.
    public var callTimeout = Millis.seconds(30)

    /// The shortest wait after a failure …
    public var shortestWait = Millis.seconds(5)
    /// … and the longest, which attempts reach after about six failures.
    public var longestWait = Millis.minutes(5)
    /// A provider's own wish (Retry-After) is followed up to this.
    public var longestRetryAfter = Millis.hours(1)
    /// How long after a failure somebody who asks for a credential may have it tried again, where the wait is longer
    /// (case O-08).
    public var demandCooldown = Millis.seconds(30)
    /// How long after a success a credential is not refreshed again however often it is said not to work: then it is not
    /// the credential.
    public var demandSpacing = Millis.seconds(30)
    /// Failures in a row after which somebody is alerted.
    public var attemptsBeforeAlert = 5

    /// What is overdue is run within this: at once, but not all in one instant (case O-09).
    public var overdueSpread = Millis.seconds(5)

    public init() {}

    /// No wait or timeout of a policy may be longer: what an operator mistyped should not look like patience.
    public static let longestAnything = Millis.days(1)

    /// What contradicts itself here, as a sentence for the operator; `nil` when nothing does.
    public var fault: String? {
        if lead.value <= 0 || callTimeout.value <= 0 { return "lead and call timeout are above zero" }
        if !(0...100).contains(jitterPercent) { return "jitter is 0 to 100 percent" }
        if minimumLifetime < Millis.seconds(10) { return "the minimum lifetime is at least 10 seconds" }
        if maximumLifetime < minimumLifetime { return "the maximum lifetime is not below the minimum" }
        if !(minimumLifetime...maximumLifetime).contains(defaultLifetime) {
            return "the default lifetime lies between minimum and maximum"
        }
        if shortestWait < Millis.seconds(1) { return "the shortest wait is at least a second" }
        if max(longestWait, longestRetryAfter, callTimeout) > Self.longestAnything {
            return "no wait and no timeout is longer than a day"
        }
        if longestWait < shortestWait || longestRetryAfter < shortestWait {
            return "the longest waits are not below the shortest"
        }
        if demandCooldown.value < 0 || demandSpacing.value < 0 || overdueSpread.value < 0 {
            return "cooldown, spacing and spread are not negative"
        }
        return attemptsBeforeAlert < 1 ? "an alert takes at least one attempt" : nil
    }
}
