// docs/LEDGER.md against the types it speaks of, and its stories played.

import Money
import Support
import Testing

@testable import Ledger

@Suite struct DocumentTests {
    private let lines = RepositoryFile.text("docs/LEDGER.md").split(separator: "\n", omittingEmptySubsequences: false)

    /// The cells of the table under a heading, without its first two rows.
    private func table(_ heading: String) -> [[String]] {
        let part = lines.drop { $0 != "## " + heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let rows = part.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.dropFirst(2)
        return rows.map { row in
            row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed() }.map { String($0) }
        }
    }

    @Test func everyRefusalIsListedInItsOrder() {
        let listed = table("Refusals").map { "\($0[0]) \($0[1])" }
        #expect(listed == WalletRefusal.allCases.map { "\($0.rawValue) \($0)" })
    }

    @Test func everyKindOfMovementIsListedWithItsAccounts() {
        let listed = table("Movements").map { "\($0[0]) \($0[1]): \($0[2]) → \($0[3])" }
        let kinds = EntryKind.allCases.map { kind in
            let counterpart = kind.counterpart == .funding ? "funding" : "revenue"
            let way = kind.raisesWallet ? "\(counterpart) → wallet" : "wallet → \(counterpart)"
            return "\(kind.rawValue) \(kind): \(way)"
        }
        #expect(listed == kinds)
    }

    @Test func accountsAndPoliciesHaveTheirNumbers() {
        #expect(
            table("Accounts").map { $0[0] } == [
                "\(AccountNumber.funding.value)", "\(AccountNumber.revenue.value)",
                "\(AccountNumber.firstWallet.value) and up",
            ])
        #expect(table("Holds").map { "\($0[0]) \($0[1])" } == SpendPolicy.allCases.map { "\($0.rawValue) \($0)" })
    }

    @Test func theBoundsOfHoldsAreTold() {
        let limits = LedgerLimits()
        let sentence =
            "One connection may have \(limits.holdsPerConnection) holds open, one tenant \(limits.holdsPerTenant)."
        #expect(lines.contains { $0.hasPrefix(sentence) })
    }

    @Test func everyStoryIsTrue() {
        let parts = RepositoryFile.text("docs/LEDGER.md").split(separator: "```story\n").dropFirst()
        #expect(parts.count == 6)
        for part in parts { Scenario.play(String(part.prefix(upTo: part.firstRange(of: "```")!.lowerBound))) }
    }

    /// Which refusals a message can give: the crosses of the table against what the stories and the load have reached is more
    /// than a test can prove, but a cross that no code path can reach is a lie that can be found.
    @Test func everyRefusalHasAMessageThatGivesIt() {
        for row in table("Refusals") { #expect(row[2..<8].contains("×"), "\(row[1])") }
    }
}
