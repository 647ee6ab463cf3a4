// FaultyFiles: a disk in memory that fails on command.
//
// For: opening a database on a disk whose n-th operation fails, that is full, or that loses what was not synced.
// Refuses: shared memory (databases must lock their file exclusively) and two processes.
// Called by: tests of everything durable, by `DatabaseOptions.fileLayer = faulty.name`.

import CSQLite
import Synchronization

/// A SQLite file layer (VFS) over files in memory. It counts every operation on them, and fails those the test names.
public final class FaultyFiles: @unchecked Sendable {
    // @unchecked: `disk` is touched only in `withDisk`, under the lock; the record is written before it is registered.

    /// Which operations fail.
    public enum Fault: Sendable {
        case none
        /// Only the operation of this number, counted from 1 since `plan`.
        case once(Int)
        /// The operation of this number and every one after it.
        case forever(Int)
    }

    /// What to open databases with.
    public let name: String
    private var disk = Disk()
    private let lock = Mutex(())
    private let record: UnsafeMutablePointer<sqlite3_vfs>
    private let label: UnsafeMutablePointer<CChar>

    private static let made = Atomic(0)

    public init() {
        name = "faulty-\(Self.made.add(1, ordering: .relaxed).newValue)"
        label = .allocate(capacity: name.utf8.count + 1)
        for (index, character) in name.utf8CString.enumerated() { (label + index).initialize(to: character) }
        record = .allocate(capacity: 1)
        record.initialize(to: Self.makeRecord(label))
        record.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        precondition(sqlite3_vfs_register(record, 0) == SQLITE_OK, "SQLite takes another file layer")
    }

    deinit {
        sqlite3_vfs_unregister(record)
        record.deallocate()
        label.deallocate()
    }

    /// Sets which operations fail from now on and restarts the count.
    public func plan(_ fault: Fault) {
        withDisk {
            $0.fault = fault
            $0.operations = 0
        }
    }

    /// Operations since `plan`.
    public var operations: Int { withDisk { $0.operations } }

    /// Whether a planned fault has happened since `plan`.
    public var hasFailed: Bool {
        withDisk { disk in
            switch disk.fault {
            case .none: false
            case .once(let number), .forever(let number): disk.operations >= number
            }
        }
    }

    /// The most bytes all files may have together; writes beyond it are answered "disk full".
    public func limit(bytes: Int?) { withDisk { $0.capacity = bytes } }

    /// Whether every write is answered "disk full", also one that needs no new room; reading goes on.
    public func refuseWrites(_ refuses: Bool) { withDisk { $0.refusesWrites = refuses } }

    /// The bytes all files have together.
    public var size: Int { withDisk { $0.size } }

    /// The power fails: of what was written and not synced, a random part is on the disk and the rest is not, in units of
    /// sectors. Databases that are open stay open and get errors; open new ones.
    public func cutPower(_ random: inout SeededRandom) {
        withDisk { disk in
            disk.generation += 1
            disk.fault = .none
            for file in disk.files.values { file.loseUnsynced(&random) }
        }
    }

    /// The paths of all files, in their order.
    public var paths: [String] { withDisk { $0.files.keys.sorted() } }

    /// Whether some file has these bytes one after the other.
    public func contains(_ bytes: [UInt8]) -> Bool {
        withDisk { disk in disk.files.values.contains { Self.has($0.bytes, bytes) } }
    }

    private static func has(_ file: [UInt8], _ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, file.count >= bytes.count else { return false }
        return (0...(file.count - bytes.count)).contains { file[$0] == first && file[$0...].starts(with: bytes) }
    }

    /// Removes a file behind everybody's back.
    public func remove(_ path: String) { withDisk { $0.files[path] = nil } }

    /// Changes one byte of a file behind everybody's back.
    public func damage(_ path: String, at offset: Int) {
        withDisk { $0.files[path]?.flip(offset) }
    }

    func withDisk<Value>(_ body: (inout Disk) -> Value) -> Value {
        lock._unsafeLock()
        defer { lock._unsafeUnlock() }
        return body(&disk)
    }
}

/// Everything on the disk, and the plan for failing.
struct Disk {
    var files: [String: MemoryFile] = [:]
    var fault = FaultyFiles.Fault.none
    var operations = 0
    var capacity: Int?
    var refusesWrites = false
    /// Raised by every power cut; handles of an earlier one are dead.
    var generation = 0

    var size: Int { files.values.reduce(0) { $0 + $1.bytes.count } }

    /// Counts an operation; `true` when it is to fail.
    mutating func fails() -> Bool {
        operations += 1
        switch fault {
        case .none: return false
        case .once(let number): return operations == number
        case .forever(let number): return operations >= number
        }
    }
}

/// One file: what a reader sees, and what a power cut leaves.
final class MemoryFile {
    private enum Change {
        case write(Int, [UInt8])
        case truncate(Int)
    }

    private(set) var bytes: [UInt8] = []
    private var durable: [UInt8] = []
    private var unsynced: [Change] = []

    func write(_ new: UnsafeRawBufferPointer, at offset: Int) {
        let change = Change.write(offset, Array(new))
        unsynced.append(change)
        Self.apply(change, to: &bytes)
    }

    func truncate(to size: Int) {
        unsynced.append(.truncate(size))
        Self.apply(.truncate(size), to: &bytes)
    }

    func sync() {
        for change in unsynced { Self.apply(change, to: &durable) }
        unsynced = []
    }

    func flip(_ offset: Int) {
        bytes[offset] ^= 0xFF
        durable[offset] ^= 0xFF
    }

    func loseUnsynced(_ random: inout SeededRandom) {
        for change in unsynced { Self.apply(Self.torn(change, &random), to: &durable) }
        bytes = durable
        unsynced = []
    }

    /// 512 bytes: the smallest unit a disk writes as a whole.
    private static let sector = 512

    private static func torn(_ change: Change, _ random: inout SeededRandom) -> Change? {
        guard case .write(let offset, let bytes) = change else { return Bool.random(using: &random) ? change : nil }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return nil
        case 1: return change
        default: return .write(offset, Array(bytes.prefix(bytes.count / 2 / sector * sector)))
        }
    }

    private static func apply(_ change: Change?, to bytes: inout [UInt8]) {
        switch change {
        case nil: break
        case .write(let offset, let new):
            if bytes.count < offset + new.count {
                bytes.append(contentsOf: repeatElement(0, count: offset + new.count - bytes.count))
            }
            bytes.replaceSubrange(offset..<(offset + new.count), with: new)
        case .truncate(let size): bytes.removeLast(max(0, bytes.count - size))
        }
    }
}
