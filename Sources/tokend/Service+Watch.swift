// watch and rejected: what gatewayd works with, and what it found out.
//
// For: messages 0x0301 and 0x0302.
// Refuses: what Watchers refuses. A credential that was refused is refreshed once, however many requests it failed.
// Called by: the service table, asked by gatewayd.

import DaemonKit
import IPC
import NIOCore
import Refresh
import Storage
import Tenancy

extension Service {
    func watch(_ request: TokenWatchRequest, _ stream: StreamAnswer<CredentialChange, EmptyAnswer>) {
        watchers.begin(stream)
    }

    /// Answered at once: what comes of it is told by the watch.
    func rejected(_ request: TokenRejectedRequest, _ answer: Answer<EmptyAnswer>) {
        lane.add(.rejected)
        answer.send(EmptyAnswer())
        let job: StoreJob<AccountRecord?> = { store throws(StorageError) in try store.account(request.account) }
        store.ask(job) { [self] result in
            // Without the store there is no refresh either; gatewayd says it again while it goes on
            // (`Rejections.memory`).
            guard case .success(let record?) = result, record.generation == request.generation else { return }
            refreshes.demand(record.id, seen: record.version) { _ in }
        }
    }
}
