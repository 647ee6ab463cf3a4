// hold, assertHold, release: answered from memory, before the handler returns.
//
// For: admission (DESIGN: "may this tenant spend it?") without waiting for a disk.
// Refuses: what Book refuses; hold number 0, which means "no hold".
// Called by: the service table, asked by gatewayd.

import DaemonKit
import IPC
import Ledger
import Money
import Tenancy

extension Service {
    func hold(_ request: HoldRequest, _ answer: Answer<HoldAnswer>) {
        guard request.hold != 0 else { return answer.refuseNumber() }
        let admission = book.hold(HoldTerms(request), by: answer.peer.holder)
        lane.count(admission)
        answer.send(HoldAnswer(admission))
    }

    func assertHold(_ request: AssertHoldRequest, _ answer: Answer<HoldAnswer>) {
        guard request.hold.hold != 0 else { return answer.refuseNumber() }
        let admission = book.assert(HoldTerms(request.hold), by: answer.peer.holder)
        lane.count(admission)
        answer.send(HoldAnswer(admission))
    }

    func release(_ request: ReleaseRequest, _ answer: Answer<EmptyAnswer>) {
        book.release(request.hold, by: answer.peer.holder)
        lane.add(.releases)
        answer.send(EmptyAnswer())
    }
}

extension PeerConnection {
    /// The owner of this connection's holds.
    var holder: HolderID { HolderID(id) }
}

extension Answer where Response == HoldAnswer {
    fileprivate func refuseNumber() { fail(.malformed, "hold 0 means no hold") }
}

extension HoldTerms {
    fileprivate init(_ request: HoldRequest) {
        self.init(
            id: request.hold, amount: request.amount, cap: request.cap, policy: request.policy, tenant: request.tenant,
            budget: request.budget)
    }
}

extension HoldAnswer {
    fileprivate init(_ admission: Admission) {
        switch admission {
        case .granted(let free): self.init(outcome: .granted, free: free)
        case .refused(let refusal, let free): self.init(outcome: .refused(refusal), free: free)
        }
    }
}
