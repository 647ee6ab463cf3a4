// The built weirctl as a process: what it asks, what it prints, how it ends.

import Glibc
import IPC
import Metrics
import Money
import Tenancy
import Testing

@testable import weirctl

private struct DiskFull: Error, CustomStringConvertible {
    var description: String { "disk full" }
}

@Suite(.serialized) struct WeirctlProcessTests {
    private func gateway(_ rows: @escaping @Sendable (FakeDaemons) -> [ServiceRow]) throws -> FakeDaemons {
        let daemons = try FakeDaemons()
        try daemons.serve(.gatewayd, as: .gatewayd, rows)
        return daemons
    }

    private func wallet(_ rows: @escaping @Sendable (FakeDaemons) -> [ServiceRow]) throws -> FakeDaemons {
        let daemons = try FakeDaemons()
        try daemons.serve(.walletd, as: .walletd, rows)
        return daemons
    }

    @Test func metricsAreTheTextThatPrometheusReads() throws {
        let daemons = try wallet { _ in
            [
                .answering(MetricsRequest.self) { _ in
                    MetricsAnswer([
                        MetricReading(.gauge("weir_wallet_held_dollars", "Held.", decimals: 6), 2_500_000)
                    ])
                }
            ]
        }
        let run = try daemons.weirctl("metrics walletd")
        #expect(run.status == .exited(0))
        #expect(
            run.output == """
                # HELP weir_up Whether the daemon answered when it was asked for its metrics.
                # TYPE weir_up gauge
                weir_up{daemon="walletd"} 1
                # HELP weir_wallet_held_dollars Held.
                # TYPE weir_wallet_held_dollars gauge
                weir_wallet_held_dollars 2.5

                """)
        let json = try daemons.weirctl("metrics walletd --json")
        let line = #"{"name":"weir_wallet_held_dollars","labels":"","kind":"gauge","value":"2.5"}"#
        #expect(json.output.split(separator: "\n").last.map(String.init) == line)
    }

    @Test func metricsOfADaemonThatIsAwaySayItAndEndWithThree() throws {
        let daemons = try wallet { _ in [.answering(MetricsRequest.self) { _ in MetricsAnswer([]) }] }
        let run = try daemons.weirctl("metrics")
        #expect(run.status == .exited(3))
        #expect(run.output.contains("weir_up{daemon=\"gatewayd\"} 0\nweir_up{daemon=\"walletd\"} 1\n"))
        #expect(run.output.contains("gatewayd cannot be reached"))
    }

    @Test func creditAsksOnceAndPrintsTheReference() throws {
        let daemons = try wallet { daemons in
            [
                .answering(CreditRequest.self) { request in
                    daemons.note("\(request.tenant) \(request.amount) \(request.reference) \(request.note)")
                    return PostingAnswer(outcome: .posted, balance: Micros(7_500_000))
                }
            ]
        }
        let run = try daemons.weirctl("wallet credit acme 2.50 --reference pay-1 --note hello")
        #expect(run.output == "outcome    posted\nreference  pay-1\nbalance    7.50\n")
        #expect(run.status == .exited(0))
        #expect(daemons.questions == ["acme 2.50 pay-1 hello"])
    }

    @Test func repeatedCreditSaysSoAndIsNoError() throws {
        let daemons = try wallet { _ in
            [
                .answering(CreditRequest.self) { _ in
                    return PostingAnswer(outcome: .exists, balance: Micros(7_500_000))
                }
            ]
        }
        let run = try daemons.weirctl("wallet credit acme 2.50 --reference pay-1 --json")
        #expect(run.output == #"{"outcome":"existed already","reference":"pay-1","balance":"7.50"}"# + "\n")
        #expect(run.status == .exited(0))
    }

    @Test func refusedDebitEndsWithStatusOne() throws {
        let daemons = try wallet { _ in
            [
                .answering(DebitRequest.self) { _ in
                    return PostingAnswer(outcome: .refused(.insufficientFunds), balance: .zero)
                }
            ]
        }
        let run = try daemons.weirctl("wallet debit acme 5 --reference r")
        #expect(run.output.hasPrefix("weirctl: walletd refused r: the free balance does not leave this much\n  next: "))
        #expect(run.status == .exited(1))
    }

    @Test func storageThatFailsNamesTheReferenceAndEndsWithStatusThree() throws {
        let daemons = try wallet { _ in
            [
                .answering(CreditRequest.self) { _ in
                    throw DiskFull()
                }
            ]
        }
        let run = try daemons.weirctl("wallet credit acme 5 --reference r")
        #expect(run.output.contains("(unavailable): disk full") && run.output.contains("--reference r"))
        #expect(run.status == .exited(3))
    }

    @Test func soundAuditEndsWithZeroAndABrokenOneWithOne() throws {
        for sound in [true, false] {
            let daemons = try wallet { _ in
                [
                    .streaming(AuditRequest.self) { _, stream in
                        for checked in 1...5 { stream.send(AuditItem(checked: UInt64(checked), total: 5)) }
                        let findings = sound ? [] : [AuditFinding(text: "acme differs")]
                        stream.end(AuditEnd(sound: sound, entries: 5, wallets: 1, sum: .zero, findings: findings))
                    }
                ]
            }
            let run = try daemons.weirctl("wallet audit")
            #expect(run.status == .exited(sound ? 0 : 1))
            #expect(run.output.contains(sound ? "sound     yes" : "findings  acme differs"))
        }
    }

    @Test func historyOfManyPagesIsOneTable() throws {
        let references = (1...3).compactMap { Reference(text: "r\($0)") }
        let daemons = try wallet { daemons in
            [
                .answering(HistoryRequest.self) { request in
                    daemons.note(request.before?.description ?? "newest")
                    let index = request.before.flatMap { references.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
                    let entry = HistoryEntry(
                        kind: .credit, amount: .dollar, at: UnixMillis(0), reference: references[index], original: nil,
                        budget: nil, note: "")
                    return HistoryAnswer(next: index < 2 ? references[index] : nil, entries: [entry])
                }
            ]
        }
        let all = try daemons.weirctl("wallet history acme --all")
        #expect(all.output.split(separator: "\n").count == 4)
        #expect(daemons.questions == ["newest", "r1", "r2"])
        let first = try daemons.weirctl("wallet history acme --limit 1")
        #expect(first.output.contains("older ones: weirctl wallet history acme --before r1"))
    }

    @Test func keySecretIsPrintedOnceOnStandardOutput() throws {
        let daemons = try gateway { daemons in
            [
                .answering(KeyCreateRequest.self) { request in
                    daemons.note("\(request.scopes) \(request.cap?.description ?? "-") \(request.name)")
                    return KeyCreateAnswer(
                        outcome: .done, key: KeyID("key_0123456789abcdef"), secret: "weir_secret", display: "w…t")
                }
            ]
        }
        let run = try daemons.weirctl("key create acme --cap 5 --name ci")
        #expect(run.output.contains("secret  weir_secret\n") && run.output.contains("cannot be shown again"))
        #expect(daemons.questions == ["inference,account 5.00 ci"])
    }

    @Test func changeOfOneLimitAsksForTheOthersFirst() throws {
        let limits = RateLimits(requestsPerMinute: 60, requestBurst: 10)
        let daemons = try gateway { daemons in
            [
                .answering(TenantListRequest.self) { _ in
                    let acme = try #require(TenantID("acme"))
                    let row = TenantRow(
                        tenant: acme, displayName: "", policy: .reserve, suspended: false, createdAt: UnixMillis(0),
                        keys: 0, limits: limits)
                    return TenantListAnswer(next: nil, tenants: [row])
                },
                .answering(TenantUpdateRequest.self) { request in
                    if case .set(let set?) = request.limits {
                        daemons.note("\(set.requestsPerMinute) \(set.requestBurst)")
                    }
                    return AdminAnswer(outcome: .done)
                },
            ]
        }
        #expect(try daemons.weirctl("tenant set acme --requests-per-minute 90").status == .exited(0))
        #expect(daemons.questions == ["90 10"])
        #expect(try daemons.weirctl("tenant set beta --requests-per-minute 90").status == .exited(1))
    }

    @Test func statusShowsWhoAnswersAndWhoDoesNot() throws {
        let daemons = try wallet { _ in
            [
                .answering(WalletStatusRequest.self) { _ in
                    return WalletStatusAnswer(
                        startedAt: UnixMillis(0), draining: false, wallets: 1, entries: 2, holds: 3, held: .dollar,
                        pending: 0, connections: 1, commits: 4, movements: 5, databaseBytes: 6, instance: 7,
                        build: "fake")
                }
            ]
        }
        let run = try daemons.weirctl("status")
        #expect(run.status == .exited(3))
        #expect(run.output.contains("daemon  gatewayd\nstate   down\nreason  gatewayd cannot be reached at "))
        #expect(run.output.contains("daemon          walletd\nstate           up\n"))
        #expect(run.output.contains("held            1.00\n"))
    }

    @Test func refusedReloadShowsTheProblemsAndEndsWithStatusFour() throws {
        let daemons = try gateway { _ in
            [
                .answering(ReloadRequest.self) { _ in
                    return ReloadAnswer(accepted: false, generation: 3, text: "weir.yaml:3:1: gatewayd.x: unknown key")
                }
            ]
        }
        let run = try daemons.weirctl("reload")
        #expect(run.output.contains("\n  weir.yaml:3:1: gatewayd.x: unknown key\n") && run.status == .exited(4))
    }

    @Test func watchPrintsRecordsUntilTheStreamEnds() throws {
        let daemons = try gateway { _ in
            [
                .streaming(WatchRequest.self) { request, stream in
                    guard let acme = request.tenant, let key = KeyID("key_0123456789abcdef") else { return }
                    stream.send(
                        RequestRecord(
                            at: UnixMillis(0), missed: 2, request: RequestID(number: 16), status: 200, streamed: true,
                            estimated: false, firstByteMillis: 5, durationMillis: 9,
                            usage: Usage(uncachedInput: 11, output: 22), cost: Micros(33), tenant: acme, key: key,
                            model: "m", host: "h"))
                    stream.end(EmptyAnswer())
                }
            ]
        }
        let run = try daemons.weirctl("watch --tenant acme --json")
        #expect(run.output.contains("2 records missed here\n"))
        #expect(run.output.contains(#""tenant":"acme","model":"m","host":"h","status":200,"input":11,"output":22,"#))
        #expect(run.status == .exited(3))
    }

    @Test(arguments: [
        ("--version", Int32(0)), ("--help", 0), ("wallet --help", 0), ("nonsense", 2), ("wallet credit", 2),
        ("--generate-completion-script bash", 0), ("tenant list --dir /nonexistent", 4),
        ("tenant list --socket-dir /nonexistent", 3), ("become 1 /bin/true", 1),
    ])
    func statusTellsWhatKindOfEndItWas(line: String, status: Int32) throws {
        #expect(try BuiltWeirctl.run(line.split(separator: " ").map(String.init)).status == .exited(status))
    }

    /// The shell stands for `weirctl up`: it is killed where it cannot clean up. Its child waits in a system call of its
    /// own, for a FIFO that nobody opens.
    @Test func childDoesNotOutliveAParentThatIsKilled() throws {
        let folder = try TemporaryFolder()
        let fifo = "\(folder.path)/fifo"
        try #require(mkfifo(fifo, 0o600) == 0)
        let script = "'\(BuiltWeirctl.path)' become $$ /bin/sh -c 'echo up; read x < \(fifo); echo survived' & wait"
        let inbox = try Inbox()
        let parent = try ChildProcess.start(
            .init(path: "/bin/sh", arguments: ["-c", script], launcher: []), as: 0, endsIn: inbox)
        defer { close(parent.output) }
        #expect(nextOutput(parent) == "up\n")
        // To the shell alone, not to its group: the child must end by itself.
        kill(parent.pid, SIGKILL)
        let end = nextOutput(parent)
        #expect(end == "", "the child has ended, and its output with it")
        if end != "" { parent.send(.kill) }
        #expect(parent.reap() == .killed(signal: SIGKILL))
    }

    /// What a child says next; empty when its output ended, `nil` when it neither speaks nor ends for ten seconds.
    private func nextOutput(_ child: ChildProcess) -> String? {
        var descriptor = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 10_000) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(child.output, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
