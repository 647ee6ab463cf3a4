// walletd's configuration: the sample is good, the document is true, and what is wrong is said.

import DaemonKit
import IPC
import Support
import Testing

@testable import walletd

@Suite struct ConfigurationTests {
    private func problems(_ text: String) -> [String] {
        do throws(ConfigRefusal) {
            _ = try ConfigFile<WalletdConfiguration>(text: text, name: "weir.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func theSampleIsGoodAndPrintsTheSameTwice() throws {
        let first = try ConfigFile<WalletdConfiguration>(text: RepositoryFile.text("deploy/weir.yaml"))
        let second = try ConfigFile<WalletdConfiguration>(text: first.printed)
        #expect(second.printed == first.printed)
        #expect(first.configuration.process.socket == "/run/weir/walletd.sock")
        #expect(first.configuration.batchMax == 256)
    }

    @Test func theDocumentNamesEveryKeyAndNoOther() {
        let rows = ConfigReference.rows(WalletdConfiguration.layout).filter { $0.path.hasPrefix("walletd") }
        let document = RepositoryFile.text("docs/CONFIGURATION.md").split(separator: "\n").map(String.init)
        for row in rows {
            #expect(document.contains(row.markdown), "missing in docs/CONFIGURATION.md:\n\(row.markdown)")
        }
        for line in document where line.hasPrefix("| `walletd") {
            #expect(rows.contains { line.hasPrefix("| `\($0.path)`") }, "docs/CONFIGURATION.md has \(line.prefix(60))")
        }
    }

    @Test func oneTenantMayNotHaveMoreHoldsThanAConnection() {
        let text = "walletd:\n  holds_per_tenant: 100\n  holds_per_connection: 99\n"
        #expect(problems(text).count == 1)
        #expect(problems("walletd:\n  holds_per_tenant: 99\n  holds_per_connection: 99\n") == [])
    }

    @Test(arguments: ["batch_max: 257", "batch_max: 0", "check_at_start: maybe", "batchmax: 1", "holds_per_tenant: 0"])
    func whatIsWrongIsRefused(_ line: String) {
        #expect(problems("walletd:\n  \(line)\n").count == 1)
    }

    @Test func aRoleLeftOutBelongsToOurOwnUserAndOneThatIsNamedToNobodyElse() throws {
        let text = "peers:\n  gatewayd: 1234\n"
        let policy = try ConfigFile<WalletdConfiguration>(text: text).configuration.policy
        #expect(policy.permits(.gatewayd, uid: 1234))
        #expect(!policy.permits(.gatewayd, uid: 1235) && !policy.permits(.weirctl, uid: 1234))
    }
}
