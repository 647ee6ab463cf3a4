// TokenState, first part: alarms, demands and turns, up to the call.
//
// For: cases O-01 (one call however many ask), O-08 (after a failure the next may try) and O-09 (a clock that jumps).
// Refuses: to call because a credential that was just renewed is said not to work.
// Called by: TokenState.handle.

import Tenancy

extension TokenState {
    // MARK: The alarm

    mutating func ring(_ step: inout Step) {
        guard let due = alarm else { return }
        // A queue that rings early, or a clock that was set back meanwhile: the alarm stands.
        guard due <= step.now.wall else { return step.perform(.scheduleAlarm(at: due)) }
        switch phase {
        case .valid: lineUp(isDemanded: false, &step)
        case .due(let isDemanded): lineUp(isDemanded: isDemanded, &step)
        case .waiting(let pause): ring(pause, &step)
        case .refreshing(let flight): ring(flight, &step)
        case .dead: break
        }
    }

    private mutating func ring(_ pause: Pause, _ step: inout Step) {
        // The wall clock went forward by itself: the wait is by the other one.
        guard pause.until <= step.now.uptime else { return setAlarm(step.now.wall(at: pause.until), &step) }
        lineUp(isDemanded: false, &step)
    }

    private mutating func ring(_ flight: Flight, _ step: inout Step) {
        switch flight {
        case .calling(let call): ring(call, &step)
        case .checking(let retry):
            guard let retry, !isEarly(retry, &step) else { return }
            phase = .refreshing(.checking(retry: nil))
            cancelAlarm(&step)
            step.perform(.rereadStore(attempt: attempt))
        case .storing(let renewal, let retry):
            guard let retry, !isEarly(retry, &step) else { return }
            phase = .refreshing(.storing(renewal, retry: nil))
            cancelAlarm(&step)
            step.perform(.persistBeforeUse(attempt: attempt, renewal))
        }
    }

    private mutating func isEarly(_ retry: UptimeMillis, _ step: inout Step) -> Bool {
        guard retry > step.now.uptime else { return false }
        setAlarm(step.now.wall(at: retry), &step)
        return true
    }

    /// The call has not ended although its timeout is over. It is asked to end; nothing else is begun (case O-07).
    private mutating func ring(_ call: Call, _ step: inout Step) {
        let end = call.since + step.policy.callTimeout + Self.callGrace
        guard end <= step.now.uptime else { return setAlarm(step.now.wall(at: end), &step) }
        if call.isOverdue { alert(.callStuck, .callStuck, &step) }
        var call = call
        call.isOverdue = true
        phase = .refreshing(.calling(call))
        step.perform(.cancelCall(attempt: attempt))
        setAlarm(step.now.wall + Self.callGrace, &step)
    }

    // MARK: The turn

    mutating func lineUp(isDemanded: Bool, _ step: inout Step) {
        phase = .due(isDemanded: isDemanded)
        step.perform(.takeTurn(isDemanded ? .demanded : .expiring(expiry)))
        setAlarm(step.now.wall + Self.turnPatience, &step)
    }

    mutating func begin(_ step: inout Step) {
        switch phase {
        case .due:
            attempt &+= 1
            phase = .refreshing(.calling(Call(since: step.now.uptime)))
            setAlarm(step.now.wall + step.policy.callTimeout + Self.callGrace, &step)
            step.perform(.callTokenEndpoint(attempt: attempt, timeout: step.policy.callTimeout))
        case .refreshing(.calling):
            // It has its turn already, and keeps it until the call ends.
            break
        case .valid, .refreshing, .waiting, .dead:
            step.perform(.endTurn)
        }
    }

    // MARK: Demands

    mutating func answer(seen: UInt32?, _ step: inout Step) {
        if case .dead(let reason) = phase { return step.perform(.answerDemand(.dead(reason))) }
        if seen != version, !isExpired(at: step.now) {
            return step.perform(.answerDemand(.current(version: version)))
        }
        switch phase {
        case .valid: answerWhenValid(&step)
        case .due(let isDemanded):
            if !isDemanded { lineUp(isDemanded: true, &step) }
            step.perform(.answerDemand(.wait))
        case .refreshing(.checking(let retry?)), .refreshing(.storing(_, let retry?)):
            step.perform(.answerDemand(.cooling(until: max(step.now.wall, step.now.wall(at: retry)))))
        case .refreshing:
            step.perform(.answerDemand(.wait))
        case .waiting(let pause): answerWhenWaiting(pause, &step)
        case .dead: break
        }
    }

    private mutating func answerWhenValid(_ step: inout Step) {
        if let renewed, step.now.uptime - renewed < step.policy.demandSpacing, !isExpired(at: step.now) {
            // It is as new as can be. A provider that says 401 to it means something else.
            return step.perform(.answerDemand(.current(version: version)))
        }
        lineUp(isDemanded: true, &step)
        step.perform(.answerDemand(.wait))
    }

    private mutating func answerWhenWaiting(_ pause: Pause, _ step: inout Step) {
        guard pause.cooledDown <= step.now.uptime else {
            return step.perform(.answerDemand(.cooling(until: step.now.wall(at: pause.cooledDown))))
        }
        lineUp(isDemanded: true, &step)
        step.perform(.answerDemand(.wait))
    }

    // MARK: The clock

    /// What ends by the wall clock ends by whichever clock is first; what is waited for is waited for by the other one.
    mutating func clockJumped(_ step: inout Step) {
        let now = step.now
        let setBack = followClock(now)
        switch phase {
        case .valid:
            guard let alarm else { break }
            setAlarm(Self.notOverdue(alarm + setBack, now, step.policy, &step.draw), &step)
        case .due: setAlarm(now.wall + Self.turnPatience, &step)
        case .waiting(let pause): setAlarm(max(now.wall, now.wall(at: pause.until)), &step)
        case .refreshing(let flight): clockJumped(during: flight, setBack, &step)
        case .dead: break
        }
    }

    /// Takes the expiry over to the clock as it is now. By how much that was set back, as a span that is not above
    /// zero: what was to happen by the old time happens after as long as it would have.
    @discardableResult
    mutating func followClock(_ now: Moment) -> Millis {
        let setBack = min(Millis(0), now.lead - clockLead)
        (expiry, clockLead) = (expiry + setBack, now.lead)
        return setBack
    }

    private mutating func clockJumped(during flight: Flight, _ setBack: Millis, _ step: inout Step) {
        let now = step.now
        switch flight {
        case .calling(let call):
            let end = now.wall(at: call.since + step.policy.callTimeout + Self.callGrace)
            setAlarm(max(now.wall, end), &step)
        case .checking(let retry):
            if let retry { setAlarm(max(now.wall, now.wall(at: retry)), &step) }
        case .storing(var renewal, let retry):
            renewal.expiry = renewal.expiry + setBack
            phase = .refreshing(.storing(renewal, retry: retry))
            if let retry { setAlarm(max(now.wall, now.wall(at: retry)), &step) }
        }
    }
}
