// VaultCommand: the key under which everything secret is sealed.
//
// For: changing it while the vault is in use.
// Refuses: nothing itself; tokend judges.
// Called by: Weirctl.

import ArgumentParser
import IPC

struct VaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "The key under which secrets are sealed.",
        subcommands: [Rotate.self, Status.self])

    struct Rotate: AsyncParsableCommand {
        static let columns: [Column] = [.right("done"), .right("failed"), .left("key")]
        static let configuration = CommandConfiguration(
            abstract: "Seals everything anew that an older key has sealed.",
            discussion: """
                Before: put the new key in tokend.encryption_key and the old one in tokend.older_encryption_keys, then weirctl \
                reload. Ctrl-C may end it at any moment; run again, it goes on. Status 1 when something did not open: it stays \
                as it is. Once vault status says old_sealed 0, the old key can leave the configuration. \(Report.fields(columns))
                """)
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let printer = global.printer
            let end = try await Desk(global).vault { client throws(CallFailure) in
                let items = client.rotate().makeAsyncIterator()
                while let progress = try await items.next() {
                    printer.note("\(progress.done) sealed anew, \(progress.left) left")
                }
                return items.end
            }
            guard let end else { throw Complaint("the rotation ended without a result", next: "look at tokend's log") }
            global.printer.record(Report(Self.columns, rows: [[.count(end.done), .count(end.failed), .text(end.key)]]))
            if end.failed > 0 { throw Ending(status: .refused) }
        }
    }

    struct Status: AsyncParsableCommand {
        static let columns: [Column] = [.left("key"), .right("old_sealed"), .left("memory_locked")]
        static let configuration = CommandConfiguration(
            abstract: "Which key seals, and how much an older one has sealed.",
            discussion: "A key's name tells nothing about it. " + Report.fields(columns))
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let answer = try await Desk(global).vault { client throws(CallFailure) in try await client.status() }
            global.printer.record(
                Report(Self.columns, rows: [[.text(answer.key), .count(answer.oldSealed), .flag(answer.isLocked)]]))
        }
    }
}
