// tokend's configuration: the sample is good, the document is true, and what is wrong is said.

import DaemonKit
import Glibc
import Support
import Testing

@testable import tokend

@Suite struct ConfigurationTests {
    private let folder = ScratchFolder("tokend-config")

    private func key(_ text: String, _ name: String = "vault.key") throws -> String {
        let path = "\(folder.path)/\(name)"
        let file = fopen(path, "w")
        fputs(text, file)
        fclose(file)
        chmod(path, 0o600)
        return "{file: \(path)}"
    }

    private func problems(_ text: String) -> [String] {
        do throws(ConfigRefusal) {
            _ = try ConfigFile<TokendConfiguration>(text: text, name: "weir.yaml", credentials: .ofProcess)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func theSampleIsGoodAndPrintsTheSameTwice() throws {
        let first = try ConfigFile<TokendConfiguration>(text: RepositoryFile.text("deploy/weir.yaml"))
        let second = try ConfigFile<TokendConfiguration>(text: first.printed)
        #expect(second.printed == first.printed)
        #expect(first.configuration.process.socket == "/run/weir/tokend.sock")
        #expect(first.printed.contains("encryption_key: {systemd: vault-key}"))
    }

    @Test func theDocumentNamesEveryKeyAndNoOther() {
        let rows = ConfigReference.rows(TokendConfiguration.layout).filter { $0.path.hasPrefix("tokend") }
        let document = RepositoryFile.text("docs/CONFIGURATION.md").split(separator: "\n").map(String.init)
        for row in rows {
            #expect(document.contains(row.markdown), "missing in docs/CONFIGURATION.md:\n\(row.markdown)")
        }
        for line in document where line.hasPrefix("| `tokend") {
            #expect(rows.contains { line.hasPrefix("| `\($0.path)`") }, "docs/CONFIGURATION.md has \(line.prefix(60))")
        }
    }

    @Test func aKeyIsNeededAndHasToBeOne() throws {
        let good = try key("0123456789abcdef0123456789abcdef\n")
        #expect(problems("tokend:\n  encryption_key: \(good)\n") == [])
        #expect(problems("tokend:\n  encryption_key: none\n").count == 1)
        #expect(problems("peers: {}\n").count == 1)
        #expect(problems("tokend:\n  encryption_key: \(try key("short\n", "b"))\n").count == 1)
        let zeros = String(repeating: "0", count: 32)
        #expect(problems("tokend:\n  encryption_key: \(try key(zeros, "c"))\n").count == 1)
        let twice = "tokend:\n  encryption_key: \(good)\n  older_encryption_keys:\n    - key: \(good)\n"
        #expect(problems(twice).count == 1)
        #expect(problems("tokend:\n  encryption_key: 0123456789abcdef0123456789abcdef\n").count == 1)
    }

    @Test(arguments: [
        "refreshes_per_second: 0", "refreshes_per_host: 513", "allowed_targets: [everything]", "event_days: 0",
        "accounts_per_tenant: none", "clients: {}",
    ])
    func whatIsWrongIsRefused(_ line: String) throws {
        let good = try key("0123456789abcdef0123456789abcdef\n")
        #expect(problems("tokend:\n  encryption_key: \(good)\n  \(line)\n").count == 1)
    }
}
