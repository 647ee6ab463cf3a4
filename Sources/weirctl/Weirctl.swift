// Weirctl: the tree of commands.
//
// For: `weirctl --help`.
// Refuses: nothing itself.
// Called by: Main.

import ArgumentParser
import DaemonKit

struct Weirctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weirctl",
        abstract: "Operates Weir: starts it, watches it, and asks its daemons.",
        discussion: """
            It asks gatewayd, walletd and tokend over their sockets and keeps no state and no rules of its own. Answers go to \
            standard output, everything else to standard error.

            EXIT STATUS
            \(CommandStatus.table)

            Completion: weirctl --generate-completion-script bash > /etc/bash_completion.d/weirctl (also zsh, fish).
            """,
        version: "weirctl \(WeirVersion.text)", subcommands: [BecomeCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Running",
                subcommands: [
                    InitCommand.self, UpCommand.self, CheckCommand.self, ReloadCommand.self, RestartCommand.self,
                ]),
            CommandGroup(
                name: "Watching",
                subcommands: [
                    StatusCommand.self, WatchCommand.self, UsageCommand.self, ErrorsCommand.self, AuditCommand.self,
                    MetricsCommand.self,
                ]),
            CommandGroup(name: "Keeping", subcommands: [BackupCommand.self, RestoreCommand.self]),
            CommandGroup(name: "Connected accounts", subcommands: [ConnectionCommand.self, VaultCommand.self]),
            CommandGroup(
                name: "Tenants and money", subcommands: [TenantCommand.self, KeyCommand.self, WalletCommand.self]),
        ])

    @OptionGroup var global: GlobalOptions
}
