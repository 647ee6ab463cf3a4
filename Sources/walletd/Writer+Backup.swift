// Copying the ledger, on the writer's thread, in portions between commits.
//
// For: the backup message.
// Refuses: a copy without room for it on the disk.
// Called by: Service, from the event loop.

import IPC
import NIOCore
import Storage

extension Writer {
    /// While movements wait, a portion is followed by a pause this many times its own length: a fifth of the thread at most
    /// goes to the copy, and most commits meet none of it.
    static let pauseUnderLoad: Int64 = 4

    /// Begins the copy that is ordered.
    func copy(_ order: CopyOrder) {
        loop.execute {
            guard !self.isClosed else { return order.done(.failure(.stopping)) }
            precondition(self.copying?.isOver ?? true, "one backup runs at a time")
            do throws(StorageError) {
                let copy = try OnlineCopy(of: self.store.database, to: order.path)
                let pause = { [unowned self] (took: TimeAmount) in isAwaited ? took * Self.pauseUnderLoad : .zero }
                self.copying = PacedCopy(
                    order, on: self.loop, pause: pause, portion: { try copy.advance() }, abandon: copy.abandon)
                self.copying?.advance()
            } catch {
                order.done(.failure(CopyFailure(.unavailable, error.description)))
            }
        }
    }

    /// The ledger is about to be closed.
    func stopCopying() { copying?.stop() }
}
