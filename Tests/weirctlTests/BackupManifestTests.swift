// The manifest: what is written is read back, and what is no manifest of a backup is told apart.

import Tenancy
import Testing

@testable import weirctl

@Suite struct BackupManifestTests {
    private let sum = String(repeating: "0123456789abcdef", count: 4)

    private var manifest: BackupManifest {
        let facts = FileFacts(bytes: 4096, sha256: sum)
        let rows: [String: Int64] = ["movements": 12, "accounts": 3]
        return BackupManifest(
            weirctl: "0.1.0", madeAt: UnixMillis(1_795_246_380_000), configuration: "/etc/weir/weir.yaml",
            files: [
                .init(
                    path: "wallet.db", facts: facts,
                    database: .init(
                        build: "walletd 0.1.0", takenAt: UnixMillis(1_795_246_379_000), schema: 1, rows: rows)),
                .init(path: "credentials/vendor \"key\"", facts: facts),
            ])
    }

    @Test func whatIsWrittenIsReadBack() throws {
        #expect(try BackupManifest(manifest.bytes) == manifest)
    }

    @Test func aCutManifestIsNone() throws {
        let bytes = manifest.bytes
        for count in stride(from: 0, to: bytes.count - 2, by: 7) {
            #expect(throws: ManifestFault.self) { try BackupManifest(Array(bytes[..<count])) }
        }
    }

    @Test(arguments: [
        ("\"format\":1", "\"format\":2"), ("\"format\":1", "\"format\":\"1\""), ("\"format\":1,", ""),
        ("wallet.db", "../wallet.db"), ("wallet.db", "/etc/passwd"), ("wallet.db", "other.db"), ("wallet.db", ""),
        ("credentials/vendor", "credentials/../vendor"), ("credentials/vendor", "credentials/.vendor"),
        ("credentials/vendor", "credentials/a/b"), ("credentials/vendor", "secrets/vendor"),
        ("\"bytes\":4096", "\"bytes\":-1"), ("\"bytes\":4096", "\"bytes\":1.5"),
        ("0123456789abcdef", "0123456789ABCDEF"),
        ("0123456789abcdef", "0123456789abcde"), ("\"movements\":12", "\"movements\":\"many\""),
        ("\"taken_at_ms\":1795246379000", "\"taken_at_ms\":null"), ("\"files\":[", "\"files\":3,\"x\":["),
    ])
    func whatIsNoBackupIsRefused(part: String, instead: String) throws {
        let text = String(decoding: manifest.bytes, as: UTF8.self)
        let changed = text.replacing(part, with: instead, maxReplacements: 1)
        #expect(changed != text)
        #expect(throws: ManifestFault.self) { try BackupManifest(Array(changed.utf8)) }
    }

    @Test func aFileNamedTwiceIsRefused() throws {
        let text = String(decoding: manifest.bytes, as: UTF8.self)
        let twice = text.replacing("credentials/vendor \\\"key\\\"", with: "wallet.db")
        #expect(twice != text)
        #expect(throws: ManifestFault.self) { try BackupManifest(Array(twice.utf8)) }
    }
}
