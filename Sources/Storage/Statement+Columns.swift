// Columns of the current row.
//
// For: reading what a SELECT gave, without copies where bytes are wanted.
// Refuses: nothing; a NULL reads as 0, as empty text and as no bytes, as SQLite has it. Ask `isNull` where that matters.
// Called by: Stores, inside `firstRow` and `forEachRow`.

internal import CSQLite

extension Statement {
    /// The integer in `column` (from 0).
    @inline(__always)
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(row, column) }

    /// Whether `column` is NULL.
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(row, column) == SQLITE_NULL }

    /// The integer in `column`, or `nil` for NULL.
    public func integerIfAny(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// The bytes in `column`, where SQLite keeps them: valid until the next step or reset.
    @inline(__always)
    public func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        let address = sqlite3_column_blob(row, column)
        return UnsafeRawBufferPointer(
            start: address, count: address == nil ? 0 : Int(sqlite3_column_bytes(row, column)))
    }

    /// A copy of the bytes in `column`.
    public func bytes(_ column: Int32) -> [UInt8] { Array(blob(column)) }

    /// The bytes in `column`, or `nil` for NULL.
    public func bytesIfAny(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

    /// The text in `column`.
    public func text(_ column: Int32) -> String {
        guard let address = sqlite3_column_text(row, column) else { return "" }
        let count = Int(sqlite3_column_bytes(row, column))
        return String(decoding: UnsafeBufferPointer(start: address, count: count), as: UTF8.self)
    }

    /// The text in `column`, or `nil` for NULL.
    public func textIfAny(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
}
