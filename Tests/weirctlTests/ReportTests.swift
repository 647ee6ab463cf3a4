// What the daemons answer, as operators and scripts read it.

import DaemonKit
import IPC
import Money
import Tenancy
import Testing

@testable import weirctl

@Suite struct ReportTests {
    private let now = UnixMillis(1_795_246_380_000)

    private func key(expiresAt: UnixMillis? = nil, revokedAt: UnixMillis? = nil) throws -> KeyRow {
        KeyRow(
            key: try #require(KeyID("key_0123456789abcdef")), tenant: try #require(TenantID("acme")),
            scopes: [.inference, .account], createdAt: UnixMillis(0), expiresAt: expiresAt, revokedAt: revokedAt,
            lastUsedAt: nil, cap: Micros(5_000_000), spent: Micros(12), name: "ci", display: "weir_abcd…wxyz",
            limits: nil)
    }

    @Test func keyIsActiveUntilTheInstantItExpires() throws {
        #expect(KeyReport.state(try key(), now: now) == "active")
        #expect(KeyReport.state(try key(expiresAt: UnixMillis(now.value + 1)), now: now) == "active")
        #expect(KeyReport.state(try key(expiresAt: now), now: now) == "expired")
        #expect(KeyReport.state(try key(expiresAt: now, revokedAt: now), now: now) == "revoked")
    }

    @Test func keyAsJSON() throws {
        #expect(
            KeyReport.report([try key()], now: now).jsonLines == """
                {"key":"key_0123456789abcdef","tenant":"acme","name":"ci","secret":"weir_abcd…wxyz","state":"active",\
                "scopes":"inference,account","expires":null,"cap":"5.00","spent":"0.000012","last_used":null,\
                "created":"1970-01-01T00:00:00.000Z","revoked":null,"requests_per_minute":null,"request_burst":null}

                """)
    }

    @Test func historyCarriesTheSignOfWhatItDidToTheBalance() throws {
        let request = Reference(milliseconds: now.value, unique: 0, 0x10)
        let credit = try #require(Reference(text: "pay-1"))
        func entry(_ kind: MovementKind, _ reference: Reference, original: Reference? = nil) -> HistoryEntry {
            HistoryEntry(
                kind: kind, amount: Micros(1_500_000), at: now, reference: reference, original: original, budget: nil,
                note: "")
        }
        let report = MovementReport.history([
            entry(.refund, credit, original: request), entry(.settlement, request), entry(.debit, credit),
            entry(.credit, credit),
        ])
        #expect(report.rows.map { $0[2] } == [1, -1, -1, 1].map { .money(Micros($0 * 1_500_000)) })
        #expect(report.rows[0][6] == .text(request.description))
        #expect(report.rows[1][7] == .text(RequestID(milliseconds: now.value, unique: 0, 0x10).description))
        #expect(report.rows[3][7] == .absent)
    }

    @Test func unknownWalletShowsNoAmounts() throws {
        let tenant = try #require(TenantID("acme"))
        let none = BalanceAnswer(known: false, balance: .zero, held: .zero, free: .zero, entries: 0)
        let some = BalanceAnswer(
            known: true, balance: Micros(3_000_000), held: Micros(1), free: Micros(2_999_999), entries: 2)
        let report = WalletCommand.Balance.report([tenant, tenant], [none, some])
        #expect(report.rows[0] == [.text("acme"), .absent, .absent, .absent, .number(0)])
        var table = TableText(report.columns)
        #expect(
            table.lines(report.rows) == """
                TENANT  BALANCE      HELD      FREE  ENTRIES
                acme          -         -         -        0
                acme       3.00  0.000001  2.999999        2

                """)
    }

    @Test func auditListsItsFindings() {
        let end = AuditEnd(
            sound: false, entries: 7, wallets: 2, sum: Micros(-1),
            findings: [AuditFinding(text: "acme: 3.00 stored, 2.00 added up"), AuditFinding(text: "sum is not 0")])
        #expect(
            WalletCommand.Audit.report(end).jsonLines == """
                {"sound":false,"entries":7,"wallets":2,"sum":"-0.000001",\
                "findings":["acme: 3.00 stored, 2.00 added up","sum is not 0"]}

                """)
    }

    @Test func auditProgressNeverPassesItsEnd() {
        #expect(AuditProgress.text(AuditItem(checked: 1, total: 3)) == "33 %: 1 of 3 entries")
        #expect(AuditProgress.text(AuditItem(checked: 5, total: 3)) == "100 %: 5 of 3 entries")
        #expect(AuditProgress.text(AuditItem(checked: 0, total: 0)) == "100 %: 0 of 0 entries")
    }

    @Test func usageWithoutGroupingIsOneRowCalledAll() {
        let usage = Usage(uncachedInput: 10, cacheRead: 20, cacheWrite5m: 30, cacheWrite1h: 40, output: 50)
        let row = UsageRow(requests: 3, estimated: 1, usage: usage, cost: Micros(99), label: "")
        #expect(
            UsageCommand.report([row]).jsonLines == """
                {"group":"all","requests":3,"input":10,"cache_read":20,"cache_write_5m":30,"cache_write_1h":40,\
                "output":50,"cost":"0.000099","estimated":1}

                """)
    }

    @Test func daemonThatDoesNotAnswerIsDownWithAReason() {
        let complaint = CallTrouble.complaint(.notConnected, daemon: .walletd, socket: "/nonexistent/walletd.sock")
        #expect(
            StatusReport.down(.walletd, complaint).records == """
                daemon  walletd
                state   down
                reason  walletd cannot be reached at /nonexistent/walletd.sock: there is no socket

                """)
    }
}

@Suite struct ComplaintTests {
    @Test func everyRefusalSaysWhatToDo() throws {
        let reference = try #require(Reference(text: "pay-1"))
        for refusal in WalletRefusal.allCases {
            let complaint = refusal.complaint(reference)
            #expect(complaint.what.hasPrefix("walletd refused pay-1: ") && !complaint.next.isEmpty)
            #expect(complaint.status == .refused)
        }
        for refusal in AdminRefusal.allCases { #expect(refusal.complaint("acme").what.contains("acme")) }
    }

    @Test func onlyUnansweredCallsAreUnreachable() {
        let status = { (failure: CallFailure) in
            CallTrouble.complaint(failure, daemon: .gatewayd, socket: "/s").status
        }
        #expect(status(.notConnected) == .unreachable)
        #expect(status(.connectionLost) == .unreachable)
        #expect(status(.deadlineExceeded) == .unreachable)
        #expect(status(.refused(.draining, "")) == .unreachable)
        #expect(status(.refused(.notPermitted, "")) == .refused)
        #expect(status(.refused(.internalFault, "")) == .refused)
    }

    @Test func paymentOfUnknownEffectNamesTheReferenceToRepeatWith() throws {
        let reference = Reference(milliseconds: 1, unique: 2, 3)
        let lost = CallTrouble.complaint(.connectionLost, daemon: .walletd, socket: "/s")
        #expect(MovementReport.repeatable(lost, reference).next.contains("--reference \(reference)"))
        let refused = CallTrouble.complaint(.refused(.notPermitted, ""), daemon: .walletd, socket: "/s")
        #expect(MovementReport.repeatable(refused, reference) == refused)
    }

    @Test func foreignTextCannotCommandTheTerminal() {
        let complaint = Complaint("first\u{1b}[2J\nsecond", next: "look")
        #expect(complaint.description == "weirctl: first\\x1b[2J\nsecond\n  next: look\n")
    }
}

@Suite struct WelcomeTests {
    private let welcome = Welcome(weirctl: "weirctl", folder: "/d", baseURL: "http://127.0.0.1:8080")

    @Test func curlLinesAreOneLineEachAndCarryTheKey() {
        let lines = welcome.demo(key: "weir_secret").split(separator: "\n").map { $0.drop { $0 == " " } }
        let curls = lines.filter { $0.hasPrefix("curl ") }
        #expect(curls.count == 5)
        #expect(curls.allSatisfy { $0.contains("weir_secret") })
        #expect(curls.filter { $0.contains(#""model":"demo""#) }.count == 4)
        #expect(curls.filter { $0.contains("/api/v1/demo/demo ") }.count == 1)
        #expect(curls.filter { $0.contains("/v1/messages") && $0.contains("x-api-key: ") }.count == 2)
        #expect(
            curls.filter { $0.contains("/v1/chat/completions") && $0.contains("authorization: Bearer ") }.count == 2)
        #expect(curls.filter { $0.contains(#""stream":true"#) && $0.hasPrefix("curl -sSN ") }.count == 2)
    }

    @Test(arguments: [
        ("0.0.0.0:80", false, "http://127.0.0.1:80"), ("[::]:443", true, "https://127.0.0.1:443"),
        ("[::1]:8080", false, "http://[::1]:8080"), ("example.org:8443", true, "https://example.org:8443"),
    ])
    func clientsAreToldAnAddressTheyCanReach(listen: String, isSecure: Bool, url: String) throws {
        #expect(Welcome.baseURL(try #require(NetworkAddress(listen)), isSecure: isSecure) == url)
    }
}
