// credit, debit, refund, settle: judged at once, answered when durable.
//
// For: every movement of money.
// Refuses: what Book and Store refuse; `overloaded` when too many wait; `unavailable` when the disk fails.
// Called by: the service table, asked by gatewayd, cronjobd and weirctl; the writer's reports.

import DaemonKit
import IPC
import Ledger
import Logging
import Money
import NIOCore
import Storage
import Tenancy

extension Service {
    func credit(_ request: CreditRequest, _ answer: Answer<PostingAnswer>) {
        take(
            MovementRequest(
                kind: .credit, reference: request.reference, tenant: request.tenant, amount: request.amount,
                at: request.at, note: request.note), answer)
    }

    func debit(_ request: DebitRequest, _ answer: Answer<PostingAnswer>) {
        take(
            MovementRequest(
                kind: .debit, reference: request.reference, tenant: request.tenant, budget: request.budget,
                amount: request.amount, at: request.at, note: request.note), answer)
    }

    func refund(_ request: RefundRequest, _ answer: Answer<PostingAnswer>) {
        take(
            MovementRequest(
                kind: .refund, reference: request.reference, tenant: nil, amount: request.amount, at: request.at,
                original: request.original, note: request.note), answer)
    }

    func settle(_ request: SettleRequest, _ answer: Answer<PostingAnswer>) {
        guard !queue.isFull else { return answer.refuseForNow() }
        let movement = MovementRequest(
            kind: .settlement, reference: request.reference, tenant: request.tenant, budget: request.budget,
            amount: request.amount, at: request.at)
        proceed(book.settle(movement, ending: request.hold, of: answer.peer.holder), request.tenant, answer)
    }

    private func take(_ movement: MovementRequest, _ answer: Answer<PostingAnswer>) {
        guard !queue.isFull else { return answer.refuseForNow() }
        proceed(book.take(movement), movement.tenant, answer)
    }

    private func proceed(_ intake: Intake, _ tenant: TenantID?, _ answer: Answer<PostingAnswer>) {
        switch intake {
        case .queued(let order): queue.put(order, answer)
        case .nothingToPost: answer.send(PostingAnswer(outcome: .posted, balance: balance(of: tenant)))
        case .refused(let refusal):
            lane.countRefused(refusal)
            answer.send(PostingAnswer(outcome: .refused(refusal), balance: balance(of: tenant)))
        }
    }

    private func balance(of tenant: TenantID?) -> Micros {
        tenant.flatMap { book.standing(of: $0)?.balance } ?? .zero
    }
}

// MARK: the writer's reports

extension Service {
    /// Brings the writer's reports to this loop.
    var reportTaker: @Sendable (BatchReport) -> Void {
        let back = NIOLoopBound(self, eventLoop: loop)
        return { report in back.eventLoop.execute { back.value.finish(report) } }
    }

    /// A batch has been decided, or the disk has failed.
    func finish(_ report: BatchReport) {
        counters.commits += 1
        counters.fileBytes = report.fileBytes
        lane.observe(.commitTime, Int(report.time.nanoseconds / 1000))
        lane.observe(.batch, report.orders.count)
        noteDisk(report.outcomes)
        switch report.outcomes {
        case .success(let outcomes):
            for index in outcomes.indices { finish(report.orders[index], outcomes[index], queue.next()) }
        case .failure:
            lane.add(.commitFailures)
            for order in report.orders { abandon(order, queue.next()) }
        }
    }

    private func finish(_ order: Order, _ outcome: Outcome, _ answer: Answer<PostingAnswer>) {
        book.finish(order, outcome)
        switch outcome {
        case .posted(let balance): posted(order.posting, balance, answer)
        case .refunded(let posting, let balance): posted(posting, balance, answer)
        case .exists(let balance):
            lane.add(.known)
            answer.send(PostingAnswer(outcome: .exists, balance: balance))
        case .refused(let refusal):
            lane.countRefused(refusal)
            answer.send(PostingAnswer(outcome: .refused(refusal), balance: balance(of: order.tenant)))
        }
    }

    private func posted(_ posting: Posting, _ balance: Micros, _ answer: Answer<PostingAnswer>) {
        counters.movements += 1
        lane.countPosted(posting)
        answer.send(PostingAnswer(outcome: .posted, balance: balance))
    }

    private func abandon(_ order: Order, _ answer: Answer<PostingAnswer>) {
        book.abandon(order)
        answer.fail(.unavailable, "the ledger could not be written; ask again with the same reference")
    }

    /// Says once that the disk fails and once that it works again.
    private func noteDisk(_ outcomes: Result<[Outcome], StorageError>) {
        switch outcomes {
        case .failure(let error) where !counters.isDiskFailing:
            counters.isDiskFailing = true
            log.critical("movements are refused", metadata: ["reason": "\(error)"])
        case .success where counters.isDiskFailing:
            counters.isDiskFailing = false
            log.notice("movements are written again")
        default: break
        }
    }
}

extension Answer where Response == PostingAnswer {
    fileprivate func refuseForNow() { fail(.overloaded, "too many movements wait for the disk") }
}
