// Messages 0x010C and 0x020D: a copy of a daemon's database, as a stream of its bytes.
//
// For: the daemons' tables, `WalletClient`, `GatewayClient`.
// Refuses: whatever WireReader refuses; chunks longer than `FieldLimits.chunk`.
// Called by: weirctl (asks); walletd, gatewayd (answer, through BackupDuty).

public import Tenancy

/// `wallet.backup`: walletd's database as of one moment. A stream of its bytes, then their sum.
public struct WalletBackupRequest: StreamRequest, Hashable {
    public static var number: MessageNumber { .walletBackup }
    public typealias Item = FileChunk
    public typealias End = BackupEnd

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// `gateway.backup`: gatewayd's database as of one moment. A stream of its bytes, then their sum.
public struct GatewayBackupRequest: StreamRequest, Hashable {
    public static var number: MessageNumber { .gatewayBackup }
    public typealias Item = FileChunk
    public typealias End = BackupEnd

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// An item of `wallet.backup` and `gateway.backup`.
public struct FileChunk: WireValue, Hashable {
    /// Where in the file the bytes belong: chunks follow each other without gaps.
    public var offset: UInt64
    /// At least one.
    public var bytes: [UInt8]

    public init(offset: UInt64, bytes: [UInt8]) {
        self.offset = offset
        self.bytes = bytes
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(offset)
        writer.bytes(bytes, atMost: FieldLimits.chunk)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        offset = try reader.u64()
        bytes = try reader.bytes(atMost: FieldLimits.chunk)
    }
}

/// The end of `wallet.backup` and `gateway.backup`.
public struct BackupEnd: WireValue, Hashable {
    /// Bytes of the file.
    public var size: UInt64
    /// Their FNV-1a sum, 64 bits.
    public var sum: UInt64
    /// The moment of which the copy is: what was durable by then is in it, and nothing else.
    public var takenAt: UnixMillis
    /// As in the answerer's hello.
    public var build: String

    public init(size: UInt64, sum: UInt64, takenAt: UnixMillis, build: String) {
        self.size = size
        self.sum = sum
        self.takenAt = takenAt
        self.build = build
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(size)
        writer.u64(sum)
        writer.time(takenAt)
        writer.text(build, atMost: IPCLimits.buildBytes)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        size = try reader.u64()
        sum = try reader.u64()
        takenAt = try reader.time()
        build = try reader.text(atMost: IPCLimits.buildBytes)
    }
}
