// Reading, on the writer's thread: one connection has one owner, so questions that need the file wait their turn.
//
// For: the history and audit messages.
// Refuses: a second audit while one runs.
// Called by: Service, from the event loop. Answers are given on the writer's thread; the caller hops back.

import Ledger
import Money
import NIOCore
import Storage

/// An audit under way.
struct Auditing {
    var run: AuditRun
    let listener: AuditListener
}

/// Who is told of an audit. All are called on the writer's thread.
struct AuditListener: Sendable {
    let progress: @Sendable (_ checked: Int64, _ total: Int64) -> Void
    /// `nil` when it was given up because nobody waits any more.
    let done: @Sendable (Result<Audit.Report, StorageError>?) -> Void
    /// Whether nobody waits any more.
    let isAbandoned: @Sendable () -> Bool
}

extension Writer {
    /// Slices between two reports of progress: every 16,384 movements.
    private static let slicesPerReport = 32

    /// Reads a page of a wallet's history.
    func history(
        of wallet: AccountNumber, before: Reference?, limit: Int,
        then: @escaping @Sendable (Result<HistoryPage, StorageError>) -> Void
    ) {
        loop.execute {
            guard !self.isClosed else { return }
            do throws(StorageError) {
                then(.success(try self.store.history(of: wallet, before: before, limit: limit)))
            } catch {
                then(.failure(error))
            }
        }
    }

    /// Starts an audit of this moment.
    func audit(_ listener: AuditListener) {
        loop.execute {
            guard !self.isClosed else { return }
            do throws(StorageError) {
                precondition(self.auditing == nil, "one audit runs at a time")
                self.auditing = Auditing(run: AuditRun(try self.store.keptState()), listener: listener)
                self.continueAudit(0)
            } catch {
                listener.done(.failure(error))
            }
        }
    }

    private func continueAudit(_ slices: Int) {
        guard !isClosed else { return }
        guard var auditing else { preconditionFailure("an audit goes on only while there is one") }
        self.auditing = nil
        guard !auditing.listener.isAbandoned() else { return auditing.listener.done(nil) }
        do throws(StorageError) {
            guard try !auditing.run.advance(store) else {
                return auditing.listener.done(.success(auditing.run.finish()))
            }
            if slices.isMultiple(of: Self.slicesPerReport) {
                auditing.listener.progress(auditing.run.progress.checked, auditing.run.progress.total)
            }
            self.auditing = auditing
            loop.execute { self.continueAudit(slices + 1) }
        } catch {
            auditing.listener.done(.failure(error))
        }
    }
}
