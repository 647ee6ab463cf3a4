// Command lines as operators type them: what is understood, and with which status the rest is refused.

import ArgumentParser
import IPC
import Money
import Tenancy
import Testing

@testable import weirctl

@Suite struct CommandLineTests {
    private func parse<Command>(_ line: String, as type: Command.Type) throws -> Command {
        try #require(try Weirctl.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    @Test func creditTakesExactDollars() throws {
        let credit = try parse("wallet credit acme 12.345678 --reference pi_3abc", as: WalletCommand.Credit.self)
        #expect(credit.tenant == TenantID("acme"))
        #expect(credit.amount == Micros(12_345_678))
        #expect(credit.options.identity == Reference(text: "pi_3abc"))
    }

    @Test func movementWithoutReferenceGetsANewOneEachTime() throws {
        let credit = try parse("wallet credit acme 1", as: WalletCommand.Credit.self)
        let (first, second) = (credit.options.identity, credit.options.identity)
        #expect(first != second && first.bytes.count == 16)
        #expect(ReferenceText.parse(first.description) == first)
    }

    @Test(arguments: [
        "wallet credit acme 0", "wallet credit acme -1", "wallet credit acme 1e3", "wallet credit acme $5",
        "wallet credit acme 0.0000001", "wallet credit Acme 1", "wallet credit acme", "wallet refund a_b",
        "key create acme --expires 2020-01-01", "key create acme --expires soon", "key create acme --cap -1",
        "key create acme --scopes everything", "key revoke acme", "key set key_0123456789abcdef",
        "tenant create acme --policy free", "tenant set acme", "tenant set acme --no-limits --request-burst 5",
        "usage --from tomorrow", "errors --limit 0", "errors --limit 201", "wallet history acme --limit 501",
        "status --dir a --config b", "init a b", "up --listen 8080", "wallet", "nonsense",
    ])
    func wrongLinesAreRefused(line: String) {
        #expect(throws: (any Error).self) {
            var command = try Weirctl.parseAsRoot(line.split(separator: " ").map(String.init))
            // A group without its command prints help when run.
            try command.run()
        }
    }

    @Test func keyOptionsTellNothingFromNone() throws {
        let kept = try parse("key set key_0123456789abcdef --name x", as: KeyCommand.Set.self)
        #expect(kept.cap == .keep && kept.expires == .keep && kept.limits.change(from: nil) == .keep)
        let cleared = try parse("key set key_0123456789abcdef --cap none --expires never", as: KeyCommand.Set.self)
        #expect(cleared.cap == .set(nil) && cleared.expires == .set(nil))
        let capped = try parse("key set key_0123456789abcdef --cap 0.5", as: KeyCommand.Set.self)
        #expect(capped.cap == .set(Micros(500_000)))
    }

    @Test func oneChangedLimitKeepsTheOthers() throws {
        let old = RateLimits(requestsPerMinute: 60, requestBurst: 10)
        let set = try parse("tenant set acme --requests-per-minute 90", as: TenantCommand.Set.self)
        var expected = old
        expected.requestsPerMinute = 90
        #expect(set.limits.change(from: old) == .set(expected))
        let removed = try parse("tenant set acme --no-limits", as: TenantCommand.Set.self)
        #expect(removed.limits.change(from: old) == .set(nil))
    }

    @Test(arguments: [
        "--dir there tenant list", "tenant --dir there list", "tenant list --dir there",
    ])
    func globalOptionsMayStandAnywhere(line: String) throws {
        #expect(try parse(line, as: TenantCommand.List.self).global.folder.dir == "there")
    }

    @Test func installationIsFoundByOptionThenEnvironmentThenSystem() throws {
        let named = try parse("status --dir there", as: StatusCommand.self).global
        let unnamed = try parse("status", as: StatusCommand.self).global
        let file = try parse("status --config /etc/w.yaml", as: StatusCommand.self).global
        let environment = Environment(weirDir: "/home/me/weir")
        #expect(Installation.configPath(named, environment) == "there/weir.yaml")
        #expect(Installation.configPath(file, environment) == "/etc/w.yaml")
        #expect(Installation.configPath(unnamed, environment) == "/home/me/weir/weir.yaml")
        #expect(Installation.configPath(unnamed, Environment(weirDir: nil)) == "/etc/weir/weir.yaml")
    }

    @Test func machineReferencesAreReadAsTheyArePrinted() throws {
        let machine = Reference(milliseconds: 1_795_246_380_000, unique: 7, 9)
        #expect(ReferenceText.parse(machine.description) == machine)
        #expect(ReferenceText.parse("pi_3abc") == Reference(text: "pi_3abc"))
        #expect(ReferenceText.parse("deadbeefdeadbeefdeadbeefdeadbeef")?.bytes.count == 32)
        #expect(ReferenceText.parse("two words") == nil)
        let request = RequestID(milliseconds: 1_795_246_380_000, unique: 7, 0x90)
        let settlement = Reference(milliseconds: 1_795_246_380_000, unique: 7, 0x93)
        #expect(ReferenceText.request(of: settlement) == request)
        #expect(ReferenceText.request(of: try #require(Reference(text: "pi_3abc"))) == nil)
    }

    @Test func everyCommandNamesItsFieldsOnce() {
        for columns in [
            TenantReport.columnsWithWallet, KeyReport.columns, MovementReport.historyColumns, UsageCommand.columns,
            ErrorsCommand.columns, AuditCommand.columns, WatchCommand.columns, StatusReport.gatewayColumns,
            StatusReport.walletColumns,
            WalletCommand.Balance.columns, WalletCommand.Audit.columns, CheckCommand.columns, ReloadCommand.columns,
        ] {
            #expect(Set(columns.map(\.field)).count == columns.count)
            #expect(columns.allSatisfy { $0.field.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" } })
        }
    }
}
