// refresh, rotate, reload, backup: what operators do.
//
// For: messages 0x0309 and 0x030C to 0x030E.
// Refuses: a second rotation while one runs; refreshing what is not refreshed.
// Called by: the service table, asked by weirctl.

import Connections
import DaemonKit
import IPC
import Logging
import NIOCore
import Refresh
import Storage
import Tenancy
import Vault

extension Service {
    // MARK: refresh

    func refresh(_ request: TokenRefreshRequest, _ answer: Answer<TokenRefreshAnswer>) {
        let job: StoreJob<AccountRecord?> = { store throws(StorageError) in try store.account(request.account) }
        store.ask(
            job,
            reply(to: answer) { [self] record in
                guard let record else { return answer.refuse(.accountUnknown, "there is no such account") }
                guard record.refreshes else {
                    return answer.refuse(.kindUnfit, "nothing refreshes this account: it has no refresh token")
                }
                refreshes.demand(record.id, seen: record.version) { answer.end($0) }
            })
    }

    // MARK: rotate

    /// Seals page after page anew, one transaction each. A walk that is ended early has lost nothing.
    func rotate(_ request: TokenRotateRequest, _ stream: StreamAnswer<RotationProgress, RotationEnd>) {
        guard !isRotating else {
            stream.fail(.overloaded, "a rotation is under way")
            return
        }
        isRotating = true
        stream.onAbandoned { [self] in isRotating = false }
        let job: StoreJob<(RotationPlan, Int)> = { store throws(StorageError) in
            (RotationPlan(to: store.ring), try store.oldSealed())
        }
        store.ask(job) { [self] result in
            switch result {
            case .failure(let failure): endRotation(stream, failure)
            case .success(let (plan, old)): walk(plan, old, stream)
            }
        }
    }

    private func walk(_ plan: RotationPlan, _ old: Int, _ stream: StreamAnswer<RotationProgress, RotationEnd>) {
        guard stream.isOpen else { return isRotating = false }
        let job: StoreJob<(plan: RotationPlan, unreadable: [UnreadableField])> = { store throws(StorageError) in
            try store.rotate(plan)
        }
        store.change(job) { [self] result in
            switch result {
            case .failure(let failure): endRotation(stream, failure)
            case .success(let (plan, unreadable)):
                for field in unreadable {
                    events.log.error(
                        "a secret is not sealed anew",
                        metadata: ["place": "\(field.place)", "reason": "\(field.refusal)"])
                }
                guard !plan.isFinished else { return endRotation(stream, plan.tally) }
                let left = max(0, old - plan.tally.resealed - plan.tally.unreadable)
                stream.send(RotationProgress(done: UInt64(plan.tally.resealed), left: UInt64(left)))
                walk(plan, old, stream)
            }
        }
    }

    private func endRotation(_ stream: StreamAnswer<RotationProgress, RotationEnd>, _ failure: StoreFailure) {
        isRotating = false
        stream.fail(failure.code, failure.text)
    }

    private func endRotation(_ stream: StreamAnswer<RotationProgress, RotationEnd>, _ tally: RotationTally) {
        let source = stream.peer.source("")
        let job: StoreJob<String> = { store throws(StorageError) in
            let text = "\(tally.resealed) secrets sealed anew, \(tally.unreadable) not opened"
            try store.append(EventRecord(at: Clock.wall(), action: .rotated, source: source, text: text))
            return store.ring.activeKey.description
        }
        store.change(job) { [self] result in
            isRotating = false
            switch result {
            case .failure(let failure): stream.fail(failure.code, failure.text)
            case .success(let key):
                events.log.notice(
                    "the vault was walked",
                    metadata: ["resealed": "\(tally.resealed)", "unreadable": "\(tally.unreadable)", "key": "\(key)"])
                stream.end(
                    RotationEnd(done: UInt64(tally.resealed), failed: UInt64(tally.unreadable), key: key))
            }
        }
    }

    // MARK: reload and backup

    func reload(_ request: TokenReloadRequest, _ answer: Answer<TokenReloadAnswer>) {
        let bound = NIOLoopBound(answer, eventLoop: loop)
        process.reload { [loop] outcome in loop.execute { bound.value.send(outcome) } }
    }

    func backup(_ request: TokenBackupRequest, _ stream: StreamAnswer<FileChunk, BackupEnd>) {
        let thread = store.thread
        backups.serve(stream) { thread.copy($0) }
    }
}

extension Answer where Response == TokenRefreshAnswer {
    fileprivate func refuse(_ refusal: IPC.TokenRefusal, _ text: String) {
        send(
            TokenRefreshAnswer(
                outcome: .refused(refusal), text: text.cut(toBytes: FieldLimits.line), expiresAt: nil))
    }

    fileprivate func end(_ end: DemandEnd) {
        switch end {
        case .fresh(let expiry): send(TokenRefreshAnswer(outcome: .done, text: "", expiresAt: expiry))
        case .failed(let reason, let until): refuse(.providerUnavailable, "\(reason); next attempt not before \(until)")
        case .dead(let reason): refuse(.accountDead, reason.text)
        case .gone: refuse(.accountUnknown, "the account was removed")
        }
    }
}
