// weirctl backup against daemons that send something wrong: nothing is kept, and what it says is what happened.

import Glibc
import IPC
import Storage
import Tenancy
import Testing

@testable import weirctl

@Suite(.serialized) struct BackupProcessTests {
    /// The bytes of a database as a daemon would send them.
    private func database(_ application: StaticString, _ folder: TemporaryFolder) throws -> [UInt8] {
        let database = try Database(path: folder.path + "/source.db")
        try Migrator(
            applicationID: application, migrations: [Migration(1, "t", "CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT")]
        ).bringUpToDate(database)
        let copy = try OnlineCopy(of: database, to: folder.path + "/copy.db")
        while try !copy.advance() {}
        return try Disk.contents(folder.path + "/copy.db", most: 1 << 20)
    }

    /// Sends `bytes` as a daemon does; `end` may be told wrong.
    private static func send(
        _ bytes: [UInt8], to stream: StreamAnswer<FileChunk, BackupEnd>, gap: Bool = false,
        end change: (inout BackupEnd) -> Void = { _ in }
    ) {
        var sum = FileSum()
        sum.feed(bytes)
        for start in stride(from: 0, to: bytes.count, by: 4096) {
            let offset = UInt64(gap && start > 0 ? start + 1 : start)
            stream.send(FileChunk(offset: offset, bytes: Array(bytes[start..<min(start + 4096, bytes.count)])))
        }
        var end = BackupEnd(size: UInt64(bytes.count), sum: sum.value, takenAt: UnixMillis(5), build: "fake")
        change(&end)
        stream.end(end)
    }

    /// Runs a backup of two daemons, of which walletd sends as told.
    private func run(
        _ wallet: @escaping @Sendable ([UInt8], StreamAnswer<FileChunk, BackupEnd>) -> Void,
        application: StaticString = "WeiW"
    ) throws -> (status: ChildEnd, output: String, left: [String]) {
        let daemons = try FakeDaemons()
        let gatewayBytes = try database("WeiG", TemporaryFolder())
        let walletBytes = try database(application, TemporaryFolder())
        try daemons.serve(.gatewayd, as: .gatewayd) { _ in
            [.streaming(GatewayBackupRequest.self) { _, stream in Self.send(gatewayBytes, to: stream) }]
        }
        try daemons.serve(.walletd, as: .walletd) { _ in
            [.streaming(WalletBackupRequest.self) { _, stream in wallet(walletBytes, stream) }]
        }
        let place = try TemporaryFolder()
        try Folder.write("gatewayd: {}\n", to: place.path + "/weir.yaml")
        let arguments = [
            "backup", place.path + "/b", "--config", place.path + "/weir.yaml", "--socket-dir", daemons.folder.path,
        ]
        let run = try BuiltWeirctl.run(arguments)
        return (run.status, run.output, (Disk.names(in: place.path) ?? []).filter { $0 != "weir.yaml" })
    }

    @Test func whatIsSentRightIsKept() throws {
        let run = try run { bytes, stream in Self.send(bytes, to: stream) }
        #expect(run.status == .exited(0), "\(run.output)")
        #expect(run.left == ["b"])
    }

    @Test func aGapIsNotKept() throws {
        try expectNothingKept("is not what was sent") { bytes, stream in Self.send(bytes, to: stream, gap: true) }
    }

    @Test func aWrongSumIsNotKept() throws {
        try expectNothingKept("is not what was sent") { bytes, stream in Self.send(bytes, to: stream) { $0.sum ^= 1 } }
    }

    @Test func aWrongSizeIsNotKept() throws {
        try expectNothingKept("is not what was sent") { bytes, stream in Self.send(bytes, to: stream) { $0.size += 1 } }
    }

    @Test func aDaemonThatFailsInTheMiddleLeavesNothing() throws {
        try expectNothingKept("(unavailable): the disk is gone", status: 3) { bytes, stream in
            stream.send(FileChunk(offset: 0, bytes: bytes))
            stream.fail(.unavailable, "the disk is gone")
        }
    }

    @Test func anotherDaemonsDatabaseIsNotKept() throws {
        try expectNothingKept("is not walletd's database", application: "WeiG") { bytes, stream in
            Self.send(bytes, to: stream)
        }
    }

    @Test func aDatabaseThatIsDamagedIsNotKept() throws {
        try expectNothingKept("use another backup") { bytes, stream in
            Self.send(Array(bytes.dropLast(4096)), to: stream)
        }
    }

    private func expectNothingKept(
        _ sentence: String, status: Int32 = 1, application: StaticString = "WeiW",
        _ wallet: @escaping @Sendable ([UInt8], StreamAnswer<FileChunk, BackupEnd>) -> Void
    ) throws {
        let run = try run(wallet, application: application)
        #expect(run.status == .exited(status), "\(run.output)")
        #expect(run.output.contains(sentence), "\(run.output)")
        #expect(run.left == [])
    }
}
