// StoreWorker+Leaving: taking in what processes that have handed over wrote while their last answers ended.
//
// For: usage that is whole again once such a process is gone, each record in it once, whatever is killed meanwhile.
// Refuses: files that cannot be read: they are told and left for a person to look at.
// Called by: StoreWorker (at start), its own timer.

import NIOCore
import Storage
import Tenancy

extension StoreWorker {
    /// At start, before anybody asks: takes in the files of processes that are gone. `false` when one lives still.
    static func absorbAll(into store: Store, _ options: StoreOptions) throws(StorageError) -> Bool {
        var areAll = true
        for name in options.leaving?.names() ?? [] {
            var isThere = true
            while isThere {
                let (_, last) = try store.outboxState()
                switch try absorb(name, into: store, options, after: last, nil) {
                case .page: continue
                case .lives:
                    areAll = false
                    isThere = false
                case .done, .unreadable: isThere = false
                }
            }
        }
        return areAll
    }

    private enum Absorption {
        case page(UsageBatch)
        /// Its process lives.
        case lives
        case unreadable, done
    }

    /// Takes the next portion of a leaving file in; removes the file after the last one.
    private static func absorb(
        _ name: String, into store: Store, _ options: StoreOptions, after last: Int64, _ settled: Int64?
    ) throws(StorageError) -> Absorption {
        guard let folder = options.leaving else { return .done }
        let reader: LeavingReader
        do throws(StorageError) {
            reader = try LeavingReader(path: folder.path(name), fileLayer: options.fileLayer)
        } catch {
            if error.kind == .inUse { return .lives }
            if error.mayPass { throw error }
            options.report(.leftBehind(error))
            return .unreadable
        }
        defer { reader.close() }
        let known = try store.absorbed(name)
        let page: LeavingPage
        do throws(StorageError) {
            page = try reader.page(after: known ?? 0, isFirst: known == nil, limit: StoreQueue.batchMost)
        } catch {
            if error.mayPass { throw error }
            options.report(.leftBehind(error))
            return .unreadable
        }
        let batch = try UsageBatch(page.records, firstSeq: last + 1) { key throws(StorageError) in
            try store.newestEvent(of: key)
        }
        if batch.records.isEmpty, page.errors.isEmpty {
            folder.removeDatabase(name)
            try store.forgetAbsorbed(name)
            return .done
        }
        let stored = try store.outboxState().settled
        try store.append(batch, errors: page.errors, settled: settled ?? stored, absorbing: (name, page.through))
        options.report(.absorbed(batch.records, file: name))
        return .page(batch)
    }

    /// While a process that has handed over lives, its file is looked at again and again.
    func lookForLeavingFiles() {
        let bound = NIOLoopBound(self, eventLoop: thread)
        leaving = thread.scheduleTask(in: Self.leavingTime) { bound.value.absorbOne() }
    }

    private func absorbOne() {
        // What waits goes first: its numbers are not given out yet.
        work()
        guard failures == 0 else { return lookForLeavingFiles() }
        do throws(StorageError) {
            for name in leavingFiles {
                switch try Self.absorb(name, into: store, options, after: cursor.last, cursor.settled) {
                case .page(let batch): absorbed(batch)
                case .unreadable: givenUp.insert(name)
                case .lives, .done: break
                }
            }
        } catch {
            failed(error)
        }
        noteState()
        if !leavingFiles.isEmpty { lookForLeavingFiles() }
    }

    private var leavingFiles: [String] { (options.leaving?.names() ?? []).filter { !givenUp.contains($0) } }

    private func absorbed(_ batch: UsageBatch) {
        savedCursor = cursor.settled
        cursor.extend(to: batch.lastSeq)
        if let oldest = batch.records.first { ages.add(through: batch.lastSeq, at: oldest.at) }
        tails.merge(batch.tails) { _, newer in newer }
        succeeded(batch)
    }
}
