// TokenEffect: what is to be done about one account's credential.
//
// For: TokenState, which decides, and tokend, which does it, in the order given.
// Refuses: nothing.
// Called by: TokenState makes them, tokend performs them.

public import Tenancy

/// How urgently an account wants its turn.
public enum TurnClaim: Hashable, Sendable {
    /// Somebody waits for the credential.
    case demanded
    /// Its access token ends then.
    case expiring(UnixMillis)
}

/// What is to be stored after a token was granted, in one transaction that also takes the mark of the call away.
public struct Renewal: Hashable, Sendable {
    /// The version it becomes. It is written only over the version before; where the store holds another, somebody else has
    /// stored one, and `storedElsewhere` is told instead of `stored`.
    public var version: UInt32
    public var expiry: UnixMillis
    /// `true`: the new refresh token replaces the old one. `false`: the answer had none, and the old one stays (case O-02).
    public var replacesRefreshToken: Bool
}

/// How those end who wait for a credential.
public enum WaitersRelease: Hashable, Sendable {
    /// The credential is there, in this version.
    case renewed(version: UInt32)
    /// This attempt gave none; the next one is not before then.
    case failed(until: UnixMillis)
    /// There will be none.
    case dead(DeathReason)
}

/// The answer to one demand.
public enum DemandAnswer: Hashable, Sendable {
    /// Use what was published last: this version.
    case current(version: UInt32)
    /// Wait: `releaseWaiters` follows, with whatever end.
    case wait
    /// A refresh has just failed; the next demand that may try again comes then.
    case cooling(until: UnixMillis)
    /// The account has to be connected again.
    case dead(DeathReason)
}

/// What somebody should look at. Each is raised once until the account is well again.
public enum TokenAlert: Hashable, Sendable {
    case dead(DeathReason)
    /// The policy's number of failures in a row.
    case failing
    /// The provider does not know our client id and secret, or does not like our request.
    case clientRefused
    /// A new token cannot be stored: until it is, it is in memory only and not used.
    case notStored
    /// A call has not ended long after it should have: a fault of ours.
    case callStuck
}

/// One thing to do.
public enum TokenEffect: Hashable, Sendable {
    /// Set the account's one alarm, wherever it stood before.
    case scheduleAlarm(at: UnixMillis)
    /// The account needs no alarm.
    case cancelAlarm
    /// Line up in the TurnQueue, or move forward there. Asking twice is asking once.
    case takeTurn(TurnClaim)
    /// Leave the TurnQueue: the call is over, or none is needed any more.
    case endTurn
    /// Store durably that this attempt begins; then call, for at most `timeout`; then tell `answered` or `failed`.
    case callTokenEndpoint(attempt: UInt32, timeout: Millis)
    /// End the call, which still tells `answered` or `failed`.
    case cancelCall(attempt: UInt32)
    /// Read what the store has for the account; tell `storeRead`.
    case rereadStore(attempt: UInt32)
    /// Store what was granted, durably; then tell `stored`. Nobody uses the token before.
    case persistBeforeUse(attempt: UInt32, Renewal)
    /// Take the mark of the call away: it ended, and nothing can have been rotated.
    case clearMark(attempt: UInt32)
    /// Store durably that the account is dead, so that no restart tries again.
    case recordDeath(DeathReason)
    /// Hand the stored access token out: it is the one to use now.
    case publish(version: UInt32, expiry: UnixMillis)
    /// Answer all whom `answerDemand(.wait)` made wait.
    case releaseWaiters(WaitersRelease)
    /// Answer the demand that this event was.
    case answerDemand(DemandAnswer)
    /// Tell the operator.
    case alertOnce(TokenAlert)
    /// Tell the tenant that the account has to be connected again.
    case tellTenant(DeathReason)
}
