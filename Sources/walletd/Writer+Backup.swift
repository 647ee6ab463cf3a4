// Copying the ledger, on the writer's thread, in portions between commits.
//
// For: the backup message.
// Refuses: a copy without room for it on the disk.
// Called by: Service, from the event loop.

import IPC
import NIOCore
import Storage

/// A copy under way.
struct Copying {
    let copy: OnlineCopy
    let order: CopyOrder
}

extension Writer {
    /// While movements wait, a portion is followed by a pause this many times its own length: a fifth of the thread at most
    /// goes to the copy, and most commits meet none of it.
    static let pauseUnderLoad: Int64 = 4

    /// Begins the copy that is ordered.
    func copy(_ order: CopyOrder) {
        loop.execute {
            guard !self.isClosed else { return order.done(.failure(.stopping)) }
            precondition(self.copying == nil, "one backup runs at a time")
            do throws(StorageError) {
                let copy = try OnlineCopy(of: self.store.database, to: order.path)
                self.copying = Copying(copy: copy, order: order)
                self.continueCopy()
            } catch {
                order.done(.failure(CopyFailure(error)))
            }
        }
    }

    /// The ledger is about to be closed.
    func stopCopying() { endCopy(.failure(.stopping)) }

    private func continueCopy() {
        guard let copying else { return }
        guard !copying.order.isAbandoned() else { return endCopy(.failure(.abandoned)) }
        let began = NIODeadline.now()
        do throws(StorageError) {
            if try copying.copy.advance() { return endCopy(.success(())) }
        } catch {
            return endCopy(.failure(CopyFailure(error)))
        }
        let pause = isAwaited ? (.now() - began) * Self.pauseUnderLoad : .zero
        loop.assumeIsolated().scheduleTask(in: pause) { [self] in continueCopy() }
    }

    private func endCopy(_ result: Result<Void, CopyFailure>) {
        guard let copying else { return }
        self.copying = nil
        copying.copy.abandon()
        copying.order.done(result)
    }
}

extension CopyFailure {
    static let stopping = CopyFailure(.draining, "the daemon stops")
    static let abandoned = CopyFailure(.cancelled, "nobody waits for the copy")

    init(_ error: StorageError) { self.init(.unavailable, error.description) }
}
