// Many accounts at once: ten thousand due in one instant, and a start with as many alarms as WEIR_ALARM_ACCOUNTS says (20,000
// unless it does). The figures are printed; Benchmarks/Vault compares a start with a million to plain SQLite.

import DaemonKit
import Glibc
import IPC
import NIOCore
import Refresh
import Support
import Tenancy
import Testing
import Vault
import WalletStorm

@testable import tokend

@Suite(.timeLimit(.minutes(10)), .serialized) struct AlarmTests {
    @Test func tenThousandDueAtOnceAreSpreadAndEachIsRefreshedOnce() async throws {
        let count = 10_000
        try await withVault({ $0.burst.perSecond = 2_000 }) { (rig: VaultRig) async throws in
            try rig.vault.close()
            let store = try Store(path: "/token.db", fileLayer: rig.faulty.name, ring: .test())
            try fill(store, count) { _ in 0 }
            store.close()
            let began = ContinuousClock.now
            try await rig.reopen()
            try await until("all of them", within: 120) {
                let calls = rig.authority.allCalls
                return calls.count == count && (0..<count).allSatisfy { rig.authority.current("n\($0)") == 1 }
            }
            let took = ContinuousClock.now - began
            // Whoever was to be asked twice is asked before the end.
            try await rig.vault.drain().get()
            #expect(rig.authority.allCalls.values.allSatisfy { $0 == 1 })
            #expect(rig.authority.ended.isEmpty)
            #expect(rig.authority.mostInFlight <= 64)
            #expect(took > .seconds(count / 2_000 - 1), "the rate of the policy is kept")
            print("burst: \(count) due at once, \(took), at most \(rig.authority.mostInFlight) in flight")
        }
    }

    @Test func aStartWithManyAlarmsIsShortAndSmall() async throws {
        let count = getenv("WEIR_ALARM_ACCOUNTS").flatMap { Int(String(cString: $0)) } ?? 20_000
        let folder = ScratchFolder("alarms")
        let key = "0123456789abcdef0123456789abcdef"
        let ring = try Array(key.utf8).withUnsafeBytes { try KeyRing(active: SealingKey(material: $0.bytes)) }
        mkdir("\(folder.path)/state", 0o700)
        let store = try Store(path: "\(folder.path)/state/token.db", ring: ring)
        try fill(store, count, tenants: 1000) { 86_400_000 + Int64($0) * 100 }
        store.close()
        try write(key, "\(folder.path)/key")
        try write(
            """
            tokend:
              socket: tokend.sock
              state_directory: state
              encryption_key: {file: key}
            connections:
              providers:
                acme:
                  name: Acme
                  base_url: https://api.acme.example
                  auth: {oauth2: bearer}
                  allow: [GET /**]
                  oauth: {authorize_url: "https://acme.example/a", token_url: "https://acme.example/t"}
            """, "\(folder.path)/weir.yaml")
        let began = ContinuousClock.now
        let daemon = try DaemonProcess(
            BuiltBinary.path("tokend"), ["--config", "\(folder.path)/weir.yaml"], log: "\(folder.path)/log")
        let client = await AsyncTokenClient(
            path: "\(folder.path)/tokend.sock", eventLoop: VaultRig.loop,
            identity: PeerIdentity(role: .weirctl, instance: 1, build: "test"),
            settings: LinkSettings(seed: 1, patience: .seconds(60)))
        let status = try await client.status(deadline: .seconds(60))
        let took = ContinuousClock.now - began
        await client.stop()
        let resident = try residentMegabytes(daemon.id)
        print("start: \(count) alarms, \(took), \(resident) MB resident")
        #expect(status.alarms == UInt64(count) && status.active == UInt64(count))
        #expect(resident < 600)
    }

    private func write(_ text: String, _ path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        chmod(path, 0o600)
    }

    private func residentMegabytes(_ pid: Int32) throws -> Int {
        let file = try #require(fopen("/proc/\(pid)/statm", "r"))
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        fgets(&buffer, 256, file)
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let pages = try #require(Int(text.split(separator: " ")[1]))
        return (pages * 4096) >> 20
    }
}
