// WalletLink: one event loop's dealings with walletd: holds before an attempt, settlements after it.
//
// For: keeping the holds of live attempts alive over a restart of walletd, and delivering every durable settlement once.
// Refuses: holds while walletd is away for longer than the link's patience (the caller answers 503).
// Called by: MeteredRequest (hold, release), StoreQueue's delivery (settle), Gateway (status).

import DaemonKit
import IPC
import Logging
import Money
import NIOCore
import Tenancy

/// What became of a request for a hold.
enum HoldVerdict {
    /// Money is set aside under this number.
    case granted(UInt64)
    case refused(WalletRefusal, free: Micros)
    /// walletd could not be asked or did not answer in time: fail closed.
    case unavailable
}

/// Bound to one event loop.
final class WalletLink {
    /// How often a hold is asked for when connections end under it; each waits for a new one within the link's patience.
    static let holdTries = 3
    /// How long walletd may take to make a settlement durable before it is sent again.
    static let settleDeadline: TimeAmount = .seconds(10)
    /// The pause before a settlement that walletd could not store (disk full) is tried again.
    static let settleRetry: TimeAmount = .seconds(1)
    /// Settlements sent and not yet answered, at most: within the connection's bound on calls in flight, so that holds
    /// always find room.
    static let settlementsInFlightMost = 1024

    private let client: WalletClient
    private let eventLoop: any EventLoop
    private let store: StoreQueue
    private let lane: MetricLane<GatewayMetric>
    private let log: Logger
    /// Holds of live attempts, to be asserted again on a new connection.
    private var holds: [UInt64: HoldRequest] = [:]
    private var lastHold: UInt64 = 0
    /// Durable and not yet answered by walletd.
    private var unsettled: [Int64: CommittedRecord] = [:]
    /// Those not sent yet, in the order they became durable.
    private var waiting = CircularBuffer<Int64>()
    private var inFlight = 0
    /// walletd could not store; nothing is sent until the pause is over.
    private var isPausing = false

    init(
        client: WalletClient, eventLoop: any EventLoop, store: StoreQueue, lane: MetricLane<GatewayMetric>, log: Logger
    ) {
        self.client = client
        self.eventLoop = eventLoop
        self.store = store
        self.lane = lane
        self.log = log
        client.link.onConnected = { [unowned self] in connected() }
    }

    /// Begins to connect, and keeps connecting.
    func start() { client.start() }

    /// Ends the connection; whatever is unanswered is in the store and is sent again by the next start.
    func stop() { client.stop() }

    var isConnected: Bool { client.link.isConnected }
    var liveHolds: Int { holds.count }
    var unsettledCount: Int { unsettled.count }

    /// Asks for `amount` to be set aside. Calls back exactly once, on this loop.
    func hold(
        _ amount: Micros, for caller: AuthenticatedKey, _ done: @escaping (HoldVerdict) -> Void
    ) {
        lastHold &+= 1
        let number = lastHold
        let request = HoldRequest(
            hold: number, amount: amount, cap: caller.key.cap, policy: caller.tenant.policy, tenant: caller.tenant.id,
            budget: caller.key.id)
        ask(request, triesLeft: Self.holdTries - 1, since: Clock.monotonicNanos(), done)
    }

    private func ask(
        _ request: HoldRequest, triesLeft: Int, since asked: UInt64, _ done: @escaping (HoldVerdict) -> Void
    ) {
        client.hold(request) { [self] result in
            switch result {
            case .failure(.connectionLost) where triesLeft > 0, .failure(.refused(.draining, _)) where triesLeft > 0:
                // walletd restarts. What it may have set aside ended with the connection.
                ask(request, triesLeft: triesLeft - 1, since: asked, done)
            default:
                lane.observe(.holdTime, Int((Clock.monotonicNanos() &- asked) / 1000))
                done(verdict(on: request, result))
            }
        }
    }

    private func verdict(on request: HoldRequest, _ result: Result<HoldAnswer, CallFailure>) -> HoldVerdict {
        switch result {
        case .success(let answer):
            guard case .refused(let refusal) = answer.outcome else {
                holds[request.hold] = request
                lane.add(.holds, at: HoldLabel.granted.rawValue)
                return .granted(request.hold)
            }
            lane.add(.holds, at: HoldLabel.refused.rawValue)
            return .refused(refusal, free: answer.free)
        case .failure(let failure):
            // The answer may only be late: whatever walletd set aside is let go again.
            if failure.effect == .unknown { client.release(ReleaseRequest(hold: request.hold)) { _ in } }
            lane.add(.holds, at: HoldLabel.unavailable.rawValue)
            return .unavailable
        }
    }

    /// Lets a hold go without a charge.
    func release(_ number: UInt64) {
        guard holds.removeValue(forKey: number) != nil else { return }
        // A lost release ends with the connection: a hold is never more than soft state.
        client.release(ReleaseRequest(hold: number)) { _ in }
    }

    /// Takes over durable records; each is acknowledged to the store once walletd has answered it.
    func settle(_ records: [CommittedRecord]) {
        for record in records {
            unsettled[record.seq] = record
            waiting.append(record.seq)
        }
        sendWaiting()
    }

    /// A new connection stands: live holds are asserted before anything else, then everything unanswered is sent again in order.
    private func connected() {
        for hold in holds.values {
            client.assertHold(AssertHoldRequest(hold)) { _ in }
        }
        inFlight = 0
        waiting = CircularBuffer(unsettled.keys.sorted())
        sendWaiting()
    }

    private func sendWaiting() {
        while !isPausing, isConnected, inFlight < Self.settlementsInFlightMost, let seq = waiting.popFirst() {
            guard let record = unsettled[seq] else { continue }
            inFlight += 1
            send(record)
        }
    }

    private func send(_ record: CommittedRecord) {
        if record.hold != 0 { holds[record.hold] = nil }
        let request = SettleRequest(
            hold: record.hold, amount: record.cost, at: record.at, reference: record.reference, tenant: record.tenant,
            budget: record.key)
        client.settle(request, deadline: Self.settleDeadline) { [self] result in
            inFlight = max(0, inFlight - 1)
            switch result {
            case .success(let answer): settled(record, answer)
            case .failure(let failure): again(record, failure)
            }
            sendWaiting()
        }
    }

    private func settled(_ record: CommittedRecord, _ answer: PostingAnswer) {
        guard unsettled.removeValue(forKey: record.seq) != nil else { return }
        lane.add(.settlements, at: SettlementLabel(answer.outcome).rawValue)
        if case .refused(let refusal) = answer.outcome {
            let message = "walletd refused settlement \(record.reference) of \(record.cost): \(refusal)"
            log.error("settlement refused", metadata: record.facts.merging(["refusal": "\(refusal)"]) { own, _ in own })
            store.append(
                ErrorRecord(
                    at: record.at, request: record.request, tenant: record.tenant, key: record.key, provider: "",
                    httpStatus: 0, note: ErrorNote(kind: .settlementRefused, message: message)))
        }
        store.acknowledge(record.seq)
    }

    /// A lost connection sends everything again by itself; any other failure is tried again after a pause.
    private func again(_ record: CommittedRecord, _ failure: CallFailure) {
        guard isConnected, unsettled[record.seq] != nil else { return }
        waiting.append(record.seq)
        lane.add(.settlementRetries)
        guard !isPausing else { return }
        isPausing = true
        log.warning("settlement not stored, trying again", metadata: ["failure": "\(failure)"])
        eventLoop.assumeIsolated().scheduleTask(in: Self.settleRetry) { [self] in
            isPausing = false
            sendWaiting()
        }
    }
}

extension CommittedRecord {
    /// What a line of the log says of it.
    fileprivate var facts: Logger.Metadata {
        [
            "request_id": "\(request)", "tenant": "\(tenant)", "key_id": "\(key)", "cost_micros": "\(cost.value)",
        ]
    }
}

extension SettlementLabel {
    fileprivate init(_ outcome: PostingOutcome) {
        switch outcome {
        case .posted: self = .posted
        case .exists: self = .exists
        case .refused: self = .refused
        }
    }
}
