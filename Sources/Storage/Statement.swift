// Statement: one compiled SQL statement, its parameters and its rows.
//
// For: the hot path of a Store. Binding copies bytes into memory the statement owns, so nothing is allocated per row and no
// String is made; reading hands out pointers into SQLite's row.
// Refuses: running with a parameter left over from the previous run, and use by another thread (both trap).
// Called by: Stores, through `Database.prepare`.

internal import CSQLite

/// A compiled statement of one `Database`. Parameters are numbered from 1, columns from 0, as in SQLite.
///
/// Every run binds every parameter again: `bind` … `bind`, then `run`, `insert`, `firstRow` or `forEachRow`.
public final class Statement {
    private var handle: OpaquePointer?
    private let connection: OpaquePointer
    private let path: String
    private let owner: OwnerThread
    private let parameters: UInt64
    private var bound: UInt64 = 0
    private var arena = BindingArena()

    /// SQLite allows 32,766; we count them in one machine word, and no table here has nearly as many columns.
    static let parametersMax: Int32 = 63

    init(_ handle: OpaquePointer, connection: OpaquePointer, path: String, owner: OwnerThread) {
        let count = sqlite3_bind_parameter_count(handle)
        precondition(count <= Self.parametersMax, "a statement has more parameters than one word counts")
        self.handle = handle
        self.connection = connection
        self.path = path
        self.owner = owner
        parameters = (1 << UInt64(count)) - 1
    }

    deinit {
        finalize()
        arena.free()
    }

    func finalize() {
        sqlite3_finalize(handle)
        handle = nil
    }

    /// Whether rows are being read.
    var isReading: Bool { sqlite3_stmt_busy(handle) != 0 }

    @inline(__always)
    var row: OpaquePointer {
        guard let handle else { preconditionFailure("a statement was used after its database was closed") }
        return handle
    }

    @inline(__always)
    private func note(_ code: Int32, _ index: Int32) {
        // Out of range, bound while reading rows, or text above SQLite's gigabyte: all are mistakes of the caller.
        precondition(code == SQLITE_OK, "parameter \(index) cannot be bound (\(code))")
        bound |= 1 << UInt64(index - 1)
    }
}

// MARK: binding

// Each `bind` returns its statement so that a run reads as one line. It is inlined into the caller, where returning costs
// nothing; the work is in `put`.
extension Statement {
    /// Binds an integer.
    @inlinable
    @discardableResult
    public func bind(_ index: Int32, _ value: Int64) -> Statement {
        put(index, value)
        return self
    }

    /// Binds an integer, or NULL.
    @inlinable
    @discardableResult
    public func bind(_ index: Int32, _ value: Int64?) -> Statement {
        if let value { put(index, value) } else { putNull(index) }
        return self
    }

    /// Binds NULL.
    @inlinable
    @discardableResult
    public func bindNull(_ index: Int32) -> Statement {
        putNull(index)
        return self
    }

    /// Binds a blob. The bytes are copied; the pointer need not outlive the call.
    @inlinable
    @discardableResult
    public func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) -> Statement {
        put(index, bytes)
        return self
    }

    /// Binds a blob.
    @inlinable
    @discardableResult
    public func bind(_ index: Int32, _ bytes: [UInt8]) -> Statement {
        bytes.withUnsafeBytes { put(index, $0) }
        return self
    }

    /// Binds a blob, or NULL.
    @inlinable
    @discardableResult
    public func bind(_ index: Int32, _ bytes: [UInt8]?) -> Statement {
        if let bytes { bytes.withUnsafeBytes { put(index, $0) } } else { putNull(index) }
        return self
    }

    /// Binds text.
    @inlinable
    @discardableResult
    public func bind(_ index: Int32, _ text: String) -> Statement {
        put(index, text)
        return self
    }

    /// Binds text, or NULL.
    @inlinable
    @discardableResult
    public func bind(_ index: Int32, _ text: String?) -> Statement {
        if let text { put(index, text) } else { putNull(index) }
        return self
    }
}

extension Statement {
    @usableFromInline
    func put(_ index: Int32, _ value: Int64) { note(sqlite3_bind_int64(row, index, value), index) }

    @usableFromInline
    func putNull(_ index: Int32) { note(sqlite3_bind_null(row, index), index) }

    @usableFromInline
    func put(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        let copy = arena.copy(bytes)
        note(sqlite3_bind_blob(row, index, copy.address, Int32(bytes.count), copy.disposal), index)
    }

    @usableFromInline
    func put(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            let copy = arena.copy(bytes)
            let address = copy.address.assumingMemoryBound(to: CChar.self)
            note(sqlite3_bind_text(row, index, address, Int32(bytes.count), copy.disposal), index)
        }
    }
}

// MARK: running

extension Statement {
    /// Runs a statement that gives no rows.
    public func run() throws(StorageError) {
        let hasRow = try step()
        reset()
        precondition(!hasRow, "a statement that was to give no rows gave one")
    }

    /// Runs an INSERT; `false` when its primary key or a unique value is already there, and then nothing was changed.
    public func insert() throws(StorageError) -> Bool {
        do throws(StorageError) {
            try run()
            return true
        } catch {
            guard error.kind == .duplicate else { throw error }
            return false
        }
    }

    /// What `read` makes of the first row, or `nil` without rows. Further rows are not computed.
    public func firstRow<Value>(_ read: (Statement) -> Value) throws(StorageError) -> Value? {
        guard try step() else {
            reset()
            return nil
        }
        let value = read(self)
        reset()
        return value
    }

    /// Calls `body` for each row, in order.
    public func forEachRow(_ body: (Statement) -> Void) throws(StorageError) {
        while try step() { body(self) }
        reset()
    }

    /// Advances to the next row; `false` when there is none. The caller resets when it stops before the end.
    public func step() throws(StorageError) -> Bool {
        owner.check()
        precondition(bound == parameters, "a statement was run with a parameter not bound for this run")
        switch sqlite3_step(row) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = StorageError(code, operation: "step", path: path, connection: connection)
            reset()
            throw error
        }
    }

    /// Forgets rows and parameters, ready for the next run.
    public func reset() {
        sqlite3_reset(row)
        bound = 0
        arena.clear()
    }
}
