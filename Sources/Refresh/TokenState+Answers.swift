// TokenState, second part: what the token endpoint and the store answered.
//
// For: cases O-02 (an omitted refresh token), O-03 (durable before use), O-04 and O-05 (a refused grant) and O-08 (a failed
// attempt leaves nobody waiting).
// Refuses: answers to another attempt than the one in flight.
// Called by: TokenState.handle.

import Tenancy

extension TokenState {
    // MARK: The token endpoint

    mutating func granted(_ attempt: UInt32, _ grant: Grant, _ step: inout Step) {
        guard let call = call(attempt) else { return }
        step.perform(.endTurn)
        if call.isSuperseded { return endSuperseded(&step) }
        // The answer's end is by the clock as it is now: a jump that nobody has told of yet is not taken off it again.
        followClock(step.now)
        let renewal = Renewal(
            version: version &+ 1, expiry: grant.expiry, replacesRefreshToken: grant.hasRefreshToken)
        phase = .refreshing(.storing(renewal, retry: nil))
        cancelAlarm(&step)
        step.perform(.persistBeforeUse(attempt: attempt, renewal))
    }

    mutating func failed(_ attempt: UInt32, _ failure: CallFailure, _ step: inout Step) {
        guard let call = call(attempt) else { return }
        step.perform(.endTurn)
        if call.isSuperseded { return endSuperseded(&step) }
        if failure == .grantRefused {
            // Somebody else may have used the refresh token and stored the new one (case O-04).
            phase = .refreshing(.checking(retry: nil))
            cancelAlarm(&step)
            return step.perform(.rereadStore(attempt: attempt))
        }
        if failure.mayHaveRotated {
            isDoubtful = true
        } else if !isDoubtful {
            step.perform(.clearMark(attempt: attempt))
        }
        pause(after: failure, &step)
    }

    private mutating func pause(after failure: CallFailure, _ step: inout Step) {
        failures = failures == .max ? .max : failures + 1
        let retry = RetryWait(after: failure, failures: Int(failures), by: step.policy, &step.draw)
        let now = step.now.uptime
        phase = .waiting(Pause(until: now + retry.wait, cooledDown: now + retry.cooldown))
        setAlarm(step.now.wall + retry.wait, &step)
        step.perform(.releaseWaiters(.failed(until: step.now.wall + retry.cooldown)))
        if failure == .clientRefused { alert(.clientRefused, .clientRefused, &step) }
        if Int(failures) >= step.policy.attemptsBeforeAlert { alert(.failing, .failing, &step) }
    }

    private func call(_ attempt: UInt32) -> Call? {
        guard case .refreshing(.calling(let call)) = phase, attempt == self.attempt else { return nil }
        return call
    }

    // MARK: The store

    mutating func stored(_ attempt: UInt32, _ step: inout Step) {
        guard case .refreshing(.storing(let renewal, nil)) = phase, attempt == self.attempt else { return }
        adopt(StoredCredential(version: renewal.version, expiry: renewal.expiry), &step)
        settle(&step)
    }

    mutating func storeRefused(_ attempt: UInt32, _ step: inout Step) {
        guard case .refreshing(let flight) = phase, attempt == self.attempt else { return }
        let retry = step.now.uptime + Self.storeRetry
        switch flight {
        case .calling: return
        case .checking(nil): phase = .refreshing(.checking(retry: retry))
        case .storing(let renewal, nil):
            phase = .refreshing(.storing(renewal, retry: retry))
            alert(.notStored, .notStored, &step)
        case .checking, .storing: return
        }
        setAlarm(step.now.wall(at: retry), &step)
        step.perform(.releaseWaiters(.failed(until: step.now.wall(at: retry))))
    }

    mutating func storeRead(_ attempt: UInt32, _ found: StoredCredential, _ step: inout Step) {
        guard case .refreshing(.checking(nil)) = phase, attempt == self.attempt else { return }
        guard found.version == version else {
            adopt(found, &step)
            return settle(&step)
        }
        die(isDoubtful ? .grantLost : .grantRefused, &step)
    }

    mutating func storedElsewhere(_ found: StoredCredential, _ step: inout Step) {
        guard found.version != version else { return }
        if case .due = phase { step.perform(.endTurn) }
        adopt(found, &step)
        guard case .refreshing(.calling(var call)) = phase else { return settle(&step) }
        // The call goes on until it ends: nobody begins another one meanwhile.
        call.isSuperseded = true
        phase = .refreshing(.calling(call))
        step.perform(.cancelCall(attempt: attempt))
        announce(&step)
    }

    // MARK: Ends

    /// Takes over what is stored, and forgets what was wrong with its predecessor.
    private mutating func adopt(_ found: StoredCredential, _ step: inout Step) {
        (version, expiry, clockLead) = (found.version, found.expiry, step.now.lead)
        (renewed, failures, raised, isDoubtful) = (step.now.uptime, 0, [], false)
    }

    /// Nothing is under way any more: the stored credential is the one to use, until its alarm.
    private mutating func settle(_ step: inout Step) {
        phase = .valid
        setAlarm(refreshTime(&step), &step)
        announce(&step)
    }

    private func announce(_ step: inout Step) {
        step.perform(.publish(version: version, expiry: expiry))
        step.perform(.releaseWaiters(.renewed(version: version)))
    }

    /// The call that somebody else's credential made useless has ended. That credential was announced at once; who asked
    /// since then has seen it fail, and may ask again.
    private mutating func endSuperseded(_ step: inout Step) {
        phase = .valid
        setAlarm(refreshTime(&step), &step)
        step.perform(.releaseWaiters(.renewed(version: version)))
    }

    private mutating func die(_ reason: DeathReason, _ step: inout Step) {
        phase = .dead(reason)
        step.perform(.recordDeath(reason))
        cancelAlarm(&step)
        step.perform(.releaseWaiters(.dead(reason)))
        alert(.dead(reason), .dead, &step)
        step.perform(.tellTenant(reason))
    }
}
