// The file layer itself: SQLite's tables of C functions, answered from the disk in memory.
//
// For: FaultyFiles. See "OS Interface" in sqlite3.h for what each function must do.
// Refuses: shared memory and memory mapping (version 1 of the interface).
// Called by: SQLite.

import CSQLite

/// What SQLite allocates for an open file: its own word first, then ours. An open file keeps its disk alive.
private struct OpenFile {
    var methods: UnsafePointer<sqlite3_io_methods>?
    var file: Unmanaged<MemoryFile>?
    var layer: Unmanaged<FaultyFiles>?
    var generation = 0
}

/// SQLite's extended codes are macros computed by shifts, which Swift does not import: SQLITE_IOERR | n << 8.
private enum Failure {
    static let read: Int32 = 10 | 1 << 8
    static let shortRead: Int32 = 10 | 2 << 8
    static let write: Int32 = 10 | 3 << 8
    static let sync: Int32 = 10 | 4 << 8
    static let truncate: Int32 = 10 | 6 << 8
    static let delete: Int32 = 10 | 10 << 8
}

extension FaultyFiles {
    static func makeRecord(_ label: UnsafePointer<CChar>) -> sqlite3_vfs {
        var record = sqlite3_vfs()
        let system = sqlite3_vfs_find(nil)!.pointee
        record.iVersion = 2
        record.szOsFile = Int32(MemoryLayout<OpenFile>.size)
        record.mxPathname = 512
        record.zName = label
        record.xOpen = { layer, path, file, flags, outFlags in open(layer, path, file, flags, outFlags) }
        record.xDelete = { layer, path, _ in delete(layer, path) }
        record.xAccess = { layer, path, _, answer in
            let exists = FaultyFiles.of(layer).withDisk { $0.files[String(cString: path!)] != nil }
            answer?.pointee = exists ? 1 : 0
            return SQLITE_OK
        }
        record.xFullPathname = { _, path, count, answer in
            copyPath(path!, count, answer!)
            return SQLITE_OK
        }
        record.xRandomness = system.xRandomness
        record.xSleep = system.xSleep
        record.xCurrentTime = system.xCurrentTime
        record.xCurrentTimeInt64 = system.xCurrentTimeInt64
        record.xGetLastError = { _, _, _ in 0 }
        return record
    }

    fileprivate static func of(_ layer: UnsafeMutablePointer<sqlite3_vfs>?) -> FaultyFiles {
        Unmanaged.fromOpaque(layer!.pointee.pAppData).takeUnretainedValue()
    }
}

private func copyPath(_ path: UnsafePointer<CChar>, _ room: Int32, _ answer: UnsafeMutablePointer<CChar>) {
    let text = String(cString: path).utf8CString
    precondition(text.count <= room, "a test's path is short")
    for (index, character) in text.enumerated() { answer[index] = character }
}

private func open(
    _ layer: UnsafeMutablePointer<sqlite3_vfs>?, _ path: UnsafePointer<CChar>?,
    _ file: UnsafeMutablePointer<sqlite3_file>?,
    _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    let faulty = FaultyFiles.of(layer)
    let slot = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: OpenFile.self)
    slot.initialize(to: OpenFile())
    let name = path.map { String(cString: $0) } ?? "temporary"
    let opened = faulty.withDisk { disk -> (MemoryFile, Int)? in
        guard !disk.fails() else { return nil }
        if disk.files[name] == nil {
            guard flags & SQLITE_OPEN_CREATE != 0 else { return nil }
            disk.files[name] = MemoryFile()
        }
        return disk.files[name].map { ($0, disk.generation) }
    }
    guard let (memory, generation) = opened else { return SQLITE_CANTOPEN }
    slot.pointee = OpenFile(
        methods: methods, file: .passRetained(memory), layer: .passRetained(faulty), generation: generation)
    outFlags?.pointee = flags
    return SQLITE_OK
}

private func delete(_ layer: UnsafeMutablePointer<sqlite3_vfs>?, _ path: UnsafePointer<CChar>?) -> Int32 {
    FaultyFiles.of(layer).withDisk { disk in
        if disk.fails() { return Failure.delete }
        disk.files[String(cString: path!)] = nil
        return SQLITE_OK
    }
}

/// Counts an operation on an open file and runs `body` unless it is to fail.
private func operate(
    _ file: UnsafeMutablePointer<sqlite3_file>?, orElse failure: Int32, _ body: (MemoryFile, inout Disk) -> Int32
) -> Int32 {
    let slot = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: OpenFile.self).pointee
    return slot.layer!.takeUnretainedValue().withDisk { disk in
        guard slot.generation == disk.generation, !disk.fails() else { return failure }
        return body(slot.file!.takeUnretainedValue(), &disk)
    }
}

private func read(_ memory: MemoryFile, _ buffer: UnsafeMutableRawPointer, _ count: Int, _ offset: Int) -> Int32 {
    let there = max(0, min(count, memory.bytes.count - offset))
    memory.bytes.withUnsafeBytes {
        if there > 0 { buffer.copyMemory(from: $0.baseAddress! + offset, byteCount: there) }
    }
    guard there < count else { return SQLITE_OK }
    (buffer + there).initializeMemory(as: UInt8.self, repeating: 0, count: count - there)
    return Failure.shortRead
}

/// Never freed: SQLite keeps the address in open files.
nonisolated(unsafe) private let methods: UnsafePointer<sqlite3_io_methods> = {
    var table = sqlite3_io_methods()
    table.iVersion = 1
    table.xClose = { file in
        let slot = UnsafeMutableRawPointer(file!).assumingMemoryBound(to: OpenFile.self)
        slot.pointee.file?.release()
        slot.pointee.layer?.release()
        slot.pointee = OpenFile()
        return SQLITE_OK
    }
    table.xRead = { file, buffer, count, offset in
        operate(file, orElse: Failure.read) { memory, _ in read(memory, buffer!, Int(count), Int(offset)) }
    }
    table.xWrite = { file, bytes, count, offset in
        let new = UnsafeRawBufferPointer(start: bytes, count: Int(count))
        return operate(file, orElse: Failure.write) { memory, disk in
            let growth = max(0, Int(offset) + new.count - memory.bytes.count)
            if disk.refusesWrites { return SQLITE_FULL }
            if let capacity = disk.capacity, growth > 0, disk.size + growth > capacity { return SQLITE_FULL }
            memory.write(new, at: Int(offset))
            return SQLITE_OK
        }
    }
    table.xTruncate = { file, size in
        operate(file, orElse: Failure.truncate) { memory, _ in
            memory.truncate(to: Int(size))
            return SQLITE_OK
        }
    }
    table.xSync = { file, _ in
        operate(file, orElse: Failure.sync) { memory, _ in
            memory.sync()
            return SQLITE_OK
        }
    }
    table.xFileSize = { file, size in
        operate(file, orElse: Failure.read) { memory, _ in
            size!.pointee = Int64(memory.bytes.count)
            return SQLITE_OK
        }
    }
    table.xLock = { _, _ in SQLITE_OK }
    table.xUnlock = { _, _ in SQLITE_OK }
    table.xCheckReservedLock = { _, answer in
        answer!.pointee = 0
        return SQLITE_OK
    }
    table.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    table.xSectorSize = { _ in 512 }
    table.xDeviceCharacteristics = { _ in 0 }
    let place = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    place.initialize(to: table)
    return UnsafePointer(place)
}()
