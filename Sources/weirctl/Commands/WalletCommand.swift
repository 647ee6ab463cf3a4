// WalletCommand: tenants' money.
//
// For: `weirctl wallet --help`.
// Refuses: nothing itself; walletd judges. The commands are in WalletCommand+*.swift.
// Called by: Weirctl.

import ArgumentParser

struct WalletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wallet", abstract: "Tenants' money.",
        discussion: """
            Amounts are decimal dollars, exact to six decimals. Every movement has a reference; the same reference with the \
            same content is posted once, however often it is sent. Without --reference one is made and printed.
            """,
        subcommands: [
            Credit.self, Debit.self, Refund.self, Balance.self, History.self, Audit.self,
        ])
}
