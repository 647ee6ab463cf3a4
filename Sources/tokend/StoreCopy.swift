// StoreCopy: a copy of the store, made in portions on the store's thread.
//
// For: the backup message. Changes, questions and upkeep have their turns between two portions.
// Refuses: a copy without room for it on the disk.
// Called by: StoreThread.

import IPC
import NIOCore
import Storage

/// One copy under way. Lives on the store's thread.
final class StoreCopy {
    private let copy: OnlineCopy
    private let order: CopyOrder
    private let thread: any EventLoop
    private var isOver = false

    /// Begins what is ordered. `nil` when it could not be begun, and then whoever ordered it has been told.
    init?(of store: Store, _ order: CopyOrder, on thread: any EventLoop) {
        do throws(StorageError) {
            copy = try OnlineCopy(of: store.database, to: order.path)
        } catch {
            order.done(.failure(CopyFailure(.unavailable, error.description)))
            return nil
        }
        self.order = order
        self.thread = thread
    }

    /// Copies a portion, and the next one after a pause as long as this one took: half of the thread stays for others.
    func advance() {
        guard !isOver else { return }
        guard !order.isAbandoned() else { return end(.failure(CopyFailure(.cancelled, "nobody waits for the copy"))) }
        let began = NIODeadline.now()
        do throws(StorageError) {
            if try copy.advance() { return end(.success(())) }
        } catch {
            return end(.failure(CopyFailure(.unavailable, error.description)))
        }
        let bound = NIOLoopBound(self, eventLoop: thread)
        thread.scheduleTask(in: .now() - began) { bound.value.advance() }
    }

    /// The store is about to be closed.
    func stop() { end(.failure(CopyFailure(.draining, "the daemon stops"))) }

    private func end(_ result: Result<Void, CopyFailure>) {
        guard !isOver else { return }
        isOver = true
        copy.abandon()
        order.done(result)
    }
}

extension StoreThread {
    /// Begins the copy that is ordered; BackupDuty orders one at a time. Called on any thread.
    func copy(_ order: CopyOrder) {
        loop.execute {
            guard !self.isClosed else { return order.done(.failure(CopyFailure(.draining, "the daemon stops"))) }
            self.copying = StoreCopy(of: self.store, order, on: self.loop)
            self.copying?.advance()
        }
    }
}
