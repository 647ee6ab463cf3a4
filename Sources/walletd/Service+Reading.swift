// balance, history, audit, status: what is, without changing it.
//
// For: operators, clients' balance route, watchers.
// Refuses: `overloaded` when too many readers wait or an audit is running already; `unavailable` when the file cannot be read.
// Called by: the service table, asked by gatewayd, cronjobd and weirctl.

import DaemonKit
import IPC
import Ledger
import Logging
import Money
import NIOCore
import Storage
import Synchronization
import Tenancy

extension Service {
    /// Pages of history that may wait for the writer: each takes it about a millisecond.
    static let readingMax = 64

    func balance(_ request: BalanceRequest, _ answer: Answer<BalanceAnswer>) {
        guard let standing = book.standing(of: request.tenant) else {
            answer.send(BalanceAnswer(known: false, balance: .zero, held: .zero, free: .zero, entries: 0))
            return
        }
        answer.send(
            BalanceAnswer(
                known: true, balance: standing.balance, held: standing.held, free: standing.free,
                entries: UInt64(standing.entries)))
    }

    func status(_ request: WalletStatusRequest, _ answer: Answer<WalletStatusAnswer>) {
        let summary = book.summary()
        answer.send(
            WalletStatusAnswer(
                startedAt: process.startedAt, draining: listener?.isDraining ?? true, wallets: UInt64(summary.wallets),
                entries: UInt64(summary.entries), holds: UInt64(summary.holds), held: summary.held,
                pending: UInt32(queue.count), connections: UInt32(listener?.connections ?? 0),
                commits: counters.commits, movements: counters.movements,
                databaseBytes: UInt64(counters.fileBytes), instance: process.identity.instance,
                build: process.identity.build))
    }

    func history(_ request: HistoryRequest, _ answer: Answer<HistoryAnswer>) {
        guard (1...FieldLimits.pageRows).contains(Int(request.limit)) else {
            answer.fail(.malformed, "a page has 1 to \(FieldLimits.pageRows) entries")
            return
        }
        guard let wallet = book.wallet(of: request.tenant) else {
            answer.send(HistoryAnswer(next: nil, entries: []))
            return
        }
        guard reading < Self.readingMax else {
            answer.fail(.overloaded, "too many pages of history are being read")
            return
        }
        reading += 1
        let back = NIOLoopBound((self, answer), eventLoop: loop)
        writer.history(of: wallet, before: request.before, limit: Int(request.limit)) { page in
            back.eventLoop.execute { back.value.0.show(page, back.value.1) }
        }
    }

    private func show(_ page: Result<HistoryPage, StorageError>, _ answer: Answer<HistoryAnswer>) {
        reading -= 1
        switch page {
        case .success(let page):
            let next = page.hasMore ? page.entries.last?.posting.reference : nil
            answer.send(HistoryAnswer(next: next, entries: page.entries.map(historyEntry)))
        case .failure(let error):
            log.error("a history could not be read", metadata: ["reason": "\(error)"])
            answer.fail(.unavailable, "the ledger could not be read")
        }
    }

    private func historyEntry(_ entry: Entry) -> HistoryEntry {
        let posting = entry.posting
        let budget = posting.budget == .none ? nil : book.key(of: posting.budget)
        return HistoryEntry(
            kind: MovementKind(posting.kind), amount: posting.amount, at: posting.at, reference: posting.reference,
            original: posting.original, budget: budget, note: posting.note)
    }
}

extension MovementKind {
    /// A reversal takes money from the wallet: on the wire it is a debit that names the credit it takes back.
    init(_ kind: EntryKind) {
        self =
            switch kind {
            case .credit: .credit
            case .debit, .reversal: .debit
            case .refund: .refund
            case .settlement: .settlement
            }
    }
}

// MARK: audit

extension Service {
    func audit(_ request: AuditRequest, _ stream: StreamAnswer<AuditItem, AuditEnd>) {
        guard !isAuditing else {
            stream.fail(.overloaded, "an audit is running already")
            return
        }
        isAuditing = true
        let isAbandoned = AbandonMark()
        stream.onAbandoned { isAbandoned.set() }
        let back = NIOLoopBound((self, stream), eventLoop: loop)
        writer.audit(
            AuditListener(
                progress: { checked, total in
                    back.eventLoop.execute {
                        back.value.1.send(AuditItem(checked: UInt64(checked), total: UInt64(total)))
                    }
                },
                done: { report in back.eventLoop.execute { back.value.0.endAudit(report, back.value.1) } },
                isAbandoned: { isAbandoned.isSet }))
    }

    private func endAudit(
        _ report: Result<Audit.Report, StorageError>?, _ stream: StreamAnswer<AuditItem, AuditEnd>
    ) {
        isAuditing = false
        switch report {
        case .success(let report): stream.end(AuditEnd(tell(report)))
        case .failure(let error):
            log.error("an audit could not be finished", metadata: ["reason": "\(error)"])
            stream.fail(.unavailable, "the ledger could not be read")
        case nil: break
        }
    }

    private func tell(_ report: Audit.Report) -> Audit.Report {
        lane.add(.auditFindings, report.findings.count)
        for finding in report.findings { log.critical("audit", metadata: ["finding": "\(finding)"]) }
        log.notice(
            "audit done",
            metadata: [
                "movements": "\(report.entries)", "wallets": "\(report.wallets)",
                "findings": "\(report.findings.count)",
            ])
        return report
    }
}

/// Set on the event loop, read on the writer's thread.
private final class AbandonMark: Sendable {
    private let mark = Atomic(false)
    func set() { mark.store(true, ordering: .relaxed) }
    var isSet: Bool { mark.load(ordering: .relaxed) }
}

extension AuditEnd {
    fileprivate init(_ report: Audit.Report) {
        let findings = report.findings.map { AuditFinding(text: String($0.description.prefix(FieldLimits.line / 4))) }
        self.init(
            sound: report.findings.isEmpty, entries: UInt64(report.entries), wallets: UInt64(report.wallets),
            sum: report.sum, findings: findings)
    }
}
