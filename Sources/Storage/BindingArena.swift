// BindingArena: memory for the bytes bound to one run of a statement.
//
// For: binding blobs and text without an allocation per row and without pointers that outlive their owner.
// Refuses: nothing; what does not fit is copied by SQLite itself.
// Called by: Statement.

internal import CSQLite

/// A small buffer filled front to back by `copy` and emptied by `clear`. It never moves while bytes are bound.
struct BindingArena {
    /// The widest row any Store writes on its hot path: three 64-byte references, a 256-byte note and names, rounded up.
    static let capacity = 1024

    private var memory: UnsafeMutableRawPointer?
    private var used = 0

    /// Where SQLite finds the bytes, and how it is to treat them: `nil` = leave them alone (SQLITE_STATIC), or copy at once.
    typealias Copy = (address: UnsafeRawPointer, disposal: sqlite3_destructor_type?)

    /// SQLITE_TRANSIENT, a cast in C that Swift does not import.
    private static var copyAtOnce: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
    /// An address for no bytes: SQLite takes a null address for NULL.
    private static var empty: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped }

    mutating func copy(_ bytes: UnsafeRawBufferPointer) -> Copy {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return (Self.empty, nil) }
        guard bytes.count <= Self.capacity - used else { return (source, Self.copyAtOnce) }
        let memory = self.memory ?? .allocate(byteCount: Self.capacity, alignment: 8)
        self.memory = memory
        let place = memory + used
        place.copyMemory(from: source, byteCount: bytes.count)
        used += bytes.count
        return (UnsafeRawPointer(place), nil)
    }

    mutating func clear() { used = 0 }

    mutating func free() {
        memory?.deallocate()
        memory = nil
    }
}
