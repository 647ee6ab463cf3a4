// RefreshLoop, second part: doing what TokenState decides.
//
// For: the calls, the store's part of them, and those who wait.
// Refuses: answers to a flight that is not the account's any more.
// Called by: RefreshLoop.tell.

import Connections
import DaemonKit
import IPC
import NIOCore
import Refresh
import Storage
import Tenancy

extension RefreshLoop {
    /// How soon a death that could not be stored is stored again.
    private static let burialRetry = TimeAmount.seconds(5)

    func perform(_ effect: TokenEffect, _ slot: Slot, _ now: Moment, _ demand: ((DemandEnd) -> Void)?) {
        switch effect {
        case .scheduleAlarm(let due): alarms.set(slot, due: due)
        case .cancelAlarm: alarms.cancel(slot)
        case .takeTurn(let claim): turns.claim(slot, host: table.host(slot), claim, at: now)
        case .endTurn: turns.leave(slot)
        case .callTokenEndpoint(let attempt, let timeout): begin(slot, attempt, timeout)
        case .cancelCall(let attempt): cancel(slot, attempt)
        case .rereadStore(let attempt): reread(slot, attempt)
        case .persistBeforeUse(let attempt, let renewal): persist(slot, attempt, renewal)
        case .clearMark: clearMark(slot)
        case .recordDeath(let reason): bury(table.id(slot), table[slot].version, reason)
        case .publish: outlets.changed(table.id(slot))
        case .releaseWaiters(let release): end(slot, release)
        case .answerDemand(let answer): self.answer(slot, answer, demand)
        case .alertOnce(let alert): self.alert(slot, alert)
        // The tenant reads it in the list and in the events, where `recordDeath` puts it.
        case .tellTenant: break
        }
    }

    // MARK: the call

    /// Marks, then calls.
    private func begin(_ slot: Slot, _ attempt: UInt32, _ timeout: Millis) {
        let id = table.id(slot)
        flights[slot] = Flight(attempt: attempt, id: id)
        store.change({ store throws(StorageError) in try store.beginCall(id, at: Clock.wall()) }) { [self] result in
            guard let flight = flights[slot], flight.attempt == attempt, flight.id == id else { return }
            switch result {
            case .failure(let failure): fail(slot, attempt, id, .notMarked, failure.text)
            case .success(.gone): forget(id)
            case .success(.sealed(let fault)): fail(slot, attempt, id, .notMarked, fault.text)
            case .success(.begun(let material)):
                guard !flight.isCancelled else { return fail(slot, attempt, id, .unreachable, "it took too long") }
                call(slot, attempt, material, timeout)
            }
        }
    }

    private func call(_ slot: Slot, _ attempt: UInt32, _ material: CallMaterial, _ timeout: Millis) {
        let (id, sent, rules) = (material.record.id, Clock.moment(), policy(slot))
        do throws(RequestFault) {
            let provider = try book.definition(for: material.record)
            let request = try book.refreshRequest(material, provider)
            let secrets = try book.secrets(material)
            lane.add(.calls)
            flights[slot]?.errand = courier.send(
                request, guarded: material.record.endpoint != nil, within: .milliseconds(timeout.value)
            ) { [self] result in
                let verdict = TokenEndpoint.read(
                    result, from: provider, sent: sent, by: rules, known: material.facts, hiding: secrets)
                let isOperators = material.record.client == nil && material.record.endpoint == nil
                if case .granted = verdict, isOperators { outlets.accepted(provider.id.text) }
                ended(slot, attempt, id, verdict)
            }
        } catch {
            fail(slot, attempt, id, .clientRefused, error.text)
        }
    }

    private func ended(_ slot: Slot, _ attempt: UInt32, _ id: Int64, _ verdict: TokenVerdict) {
        guard let flight = flights[slot], flight.attempt == attempt, flight.id == id else { return }
        flights[slot]?.errand = nil
        switch verdict {
        case .failed(let failure, let reason): fail(slot, attempt, id, failure, reason)
        case .granted(let grant, let tokens):
            flights[slot]?.tokens = tokens
            tell(slot, of: id, .answered(attempt: attempt, grant))
            land(slot)
        }
    }

    private func fail(_ slot: Slot, _ attempt: UInt32, _ id: Int64, _ failure: Refresh.CallFailure, _ reason: String) {
        lane.add(.failures, at: failure.place)
        reasons[slot] = reason
        tell(slot, of: id, .failed(attempt: attempt, failure))
        // What was stored in its place meanwhile is well, and the reason its predecessor's.
        if flights[slot] != nil, table[slot].standing == .valid { reasons[slot] = nil }
        land(slot)
    }

    /// Forgets a flight that has nothing more to do.
    func land(_ slot: Slot) {
        guard flights[slot] != nil else { return }
        if case .refreshing = table[slot].standing { return }
        flights[slot] = nil
    }

    /// Forgets this flight, and no later one of the slot: the store's answer may come when that is under way.
    private func land(_ slot: Slot, _ flight: Flight) {
        guard let current = flights[slot], current.attempt == flight.attempt, current.id == flight.id else { return }
        flights[slot] = nil
    }

    private func cancel(_ slot: Slot, _ attempt: UInt32) {
        guard flights[slot]?.attempt == attempt else { return }
        flights[slot]?.isCancelled = true
        // The answer comes in a turn of its own: this one may be in the middle of the account's effects.
        guard let errand = flights[slot]?.errand else { return }
        loop.assumeIsolated().execute { errand.cancel() }
    }

    // MARK: the store

    private func persist(_ slot: Slot, _ attempt: UInt32, _ renewal: Renewal) {
        guard let flight = flights[slot], let tokens = flight.tokens else {
            preconditionFailure("what is granted is kept until it is stored")
        }
        let id = flight.id
        let job: StoreJob<RenewalOutcome> = { store throws(StorageError) in
            try store.renew(id, renewal, tokens, source: "tokend", at: Clock.wall())
        }
        store.change(job) { [self] result in
            switch result {
            case .failure: tell(slot, of: flight.id, .storeRefused(attempt: attempt))
            case .success(.gone): forget(flight.id)
            case .success(.superseded(let stored)):
                land(slot, flight)
                tell(slot, of: flight.id, .storedElsewhere(stored))
            case .success(.stored):
                lane.add(.refreshed)
                land(slot, flight)
                reasons[slot] = nil
                tell(slot, of: flight.id, .stored(attempt: attempt))
            }
        }
    }

    private func reread(_ slot: Slot, _ attempt: UInt32) {
        let id = table.id(slot)
        store.ask({ store throws(StorageError) in try store.stored(id) }) { [self] result in
            switch result {
            case .failure: tell(slot, of: id, .storeRefused(attempt: attempt))
            case .success(nil): forget(id)
            case .success(let stored?):
                tell(slot, of: id, .storeRead(attempt: attempt, stored))
                guard table.slot(of: id) == slot else { return }
                land(slot)
            }
        }
    }

    /// A mark that stays makes the next start refresh the account sooner, and nothing else.
    private func clearMark(_ slot: Slot) {
        let id = table.id(slot)
        store.change({ store throws(StorageError) in try store.clearMark(id) }) { _ in }
    }

    private func bury(_ id: Int64, _ version: UInt32, _ reason: DeathReason) {
        let job: StoreJob<Bool> = { store throws(StorageError) in
            try store.bury(id, version: version, reason, at: Clock.wall())
        }
        store.change(job) { [self] result in
            switch result {
            case .success(true):
                lane.add(.deaths)
                outlets.changed(id)
            case .success(false): break
            case .failure:
                loop.assumeIsolated().scheduleTask(in: Self.burialRetry) { [self] in
                    guard !isStopped, let slot = table.slot(of: id), table[slot].version == version else { return }
                    bury(id, version, reason)
                }
            }
        }
    }

    // MARK: those who wait

    /// Asks for a credential newer than what the asker has seen.
    func demand(_ id: Int64, seen: UInt32?, _ done: @escaping (DemandEnd) -> Void) {
        guard let slot = table.slot(of: id) else { return done(.gone) }
        tell(slot, .demand(seen: seen), answering: done)
    }

    private func answer(_ slot: Slot, _ answer: DemandAnswer, _ demand: ((DemandEnd) -> Void)?) {
        guard let demand else { return }
        switch answer {
        case .current: demand(.fresh(expiry: table[slot].expiry))
        case .wait: waiters[slot, default: []].append(demand)
        case .cooling(let until): demand(.failed(reason(slot), until: until))
        case .dead(let reason): demand(.dead(reason))
        }
    }

    private func end(_ slot: Slot, _ release: WaitersRelease) {
        guard let waiting = waiters.removeValue(forKey: slot) else { return }
        let end: DemandEnd =
            switch release {
            case .renewed: .fresh(expiry: table[slot].expiry)
            case .failed(let until): .failed(reason(slot), until: until)
            case .dead(let reason): .dead(reason)
            }
        for waiter in waiting { waiter(end) }
    }

    private func reason(_ slot: Slot) -> String { reasons[slot] ?? "the latest attempt failed" }

    private func alert(_ slot: Slot, _ alert: TokenAlert) {
        outlets.alerted(table.id(slot), provider(slot), alert, reasons[slot] ?? "")
    }
}

extension Refresh.CallFailure {
    /// The position among the labels of the metric.
    var place: Int {
        switch self {
        case .grantRefused: 0
        case .clientRefused: 1
        case .busy: 2
        case .unavailable: 3
        case .unreachable: 4
        case .timedOut: 5
        case .malformed: 6
        case .notMarked: 7
        }
    }

    /// In the order of `place`.
    static let labels = [
        "grant_refused", "client_refused", "busy", "unavailable", "unreachable", "timed_out", "malformed", "not_marked",
    ]
}
