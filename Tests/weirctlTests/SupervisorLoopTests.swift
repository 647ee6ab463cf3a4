// Supervision of real processes: small shells that say what they do. Every wait is for something they print.

import Glibc
import Testing

@testable import weirctl

/// Answers "ready" at once for every process that prints its ready line; the loop's own printing tells it.
private final class ReadyByLine: ReadinessAsker {
    let inbox: Inbox
    private var asked: [Int: Int] = [:]
    private var seen: Set<Int> = []

    init(_ inbox: Inbox) { self.inbox = inbox }

    func ask(_ index: Int, start: Int) {
        asked[index] = start
        answer(index)
    }

    func saw(_ index: Int) {
        seen.insert(index)
        answer(index)
    }

    private func answer(_ index: Int) {
        guard let start = asked[index], seen.remove(index) != nil else { return }
        inbox.post(.childReady(index, start: start))
    }
}

/// One run of the loop over shell scripts, with everything it printed.
private final class Rehearsal {
    let inbox: Inbox
    private(set) var lines: [String] = []
    private var reactions: [(text: String, act: () -> Void)] = []
    private lazy var asker = ReadyByLine(inbox)
    private var loop: SupervisorLoop?

    init(_ scripts: [String], asked: Bool = true, whenAllReady: @escaping () -> Void = {}) throws {
        inbox = try Inbox()
        let entries = scripts.enumerated().map { index, script in
            SupervisorLoop.Entry(
                child: .init(name: "child\(index)", isAsked: asked, stopLimit: 60_000),
                program: .init(path: "/bin/sh", arguments: ["-c", script], launcher: []))
        }
        loop = SupervisorLoop(
            entries, inbox: inbox, asker: asker, sameStop: 0, print: { [unowned self] in note($0) },
            whenAllReady: whenAllReady)
    }

    /// When a line containing `text` comes out, once, does `act`.
    func on(_ text: String, _ act: @escaping () -> Void) { reactions.append((text, act)) }

    func run() -> CommandStatus { loop?.run() ?? .refused }

    private func note(_ line: String) {
        lines.append(line)
        if line.hasSuffix("| ready"), let digit = line.dropFirst(5).first, let index = Int(String(digit)) {
            asker.saw(index)
        }
        guard let index = reactions.firstIndex(where: { line.contains($0.text) }) else { return }
        reactions.remove(at: index).act()
    }
}

/// One at a time: a pipe of one run must not be inherited by the children of another.
@Suite(.serialized) struct SupervisorLoopTests {
    /// Says ready, then stays until it is told to end, and takes its own child along.
    private static let obedient =
        "trap 'kill $! 2>/dev/null; echo bye; exit 0' TERM; echo ready; while :; do sleep 60 & wait $!; done"

    @Test func childrenAreStoppedInReverseOrderAndTheirLinesCarryTheirNames() throws {
        let rehearsal = try Rehearsal([Self.obedient, Self.obedient])
        rehearsal.on("child1  | ready") { rehearsal.inbox.post(.stopSignal) }
        #expect(rehearsal.run() == .done)
        let told = rehearsal.lines.filter { !$0.contains("ready") }
        #expect(
            told == [
                "weirctl | stopping child1", "child1  | bye", "weirctl | child1 ended",
                "weirctl | stopping child0", "child0  | bye", "weirctl | child0 ended",
            ])
    }

    @Test func crashIsAnnouncedAndTheChildComesBack() throws {
        let rehearsal = try Rehearsal(["echo pid $$; " + Self.obedient])
        var ready = 0
        rehearsal.on("| pid ") { [unowned rehearsal] in
            let pid = rehearsal.lines.last?.split(separator: " ").last.flatMap { pid_t(String($0)) }
            rehearsal.on("| ready") { if let pid { kill(-pid, SIGKILL) } }
        }
        rehearsal.on("starting it again") { ready += 1 }
        rehearsal.on("is ready again") { rehearsal.inbox.post(.stopSignal) }
        #expect(rehearsal.run() == .done)
        #expect(ready == 1)
        #expect(
            rehearsal.lines.contains("weirctl | child0 was ended by signal 9 (Killed); starting it again in 250 ms"))
    }

    @Test func secondSignalKillsAChildThatIgnoresTheFirst() throws {
        let rehearsal = try Rehearsal(["trap '' TERM; echo ready; while :; do sleep 60 & wait $!; done"])
        rehearsal.on("| ready") { rehearsal.inbox.post(.stopSignal) }
        rehearsal.on("stopping child0") { rehearsal.inbox.post(.stopSignal) }
        #expect(rehearsal.run() == .refused)
        #expect(rehearsal.lines.last == "weirctl | child0 was ended by signal 9 (Killed)")
    }

    @Test func childThatRefusesToStartShowsItsLastWordsFirst() throws {
        let rehearsal = try Rehearsal(["printf 'weir.yaml:3:1: unknown key' >&2; exit 78", Self.obedient])
        #expect(rehearsal.run() == .refused)
        #expect(
            rehearsal.lines == [
                "child0  | weir.yaml:3:1: unknown key",
                "weirctl | child0 ended with status 78 before everything was ready; its own lines above say why",
            ])
    }

    @Test func missingBinaryIsToldAndEndsTheRun() throws {
        let inbox = try Inbox()
        var lines: [String] = []
        let entry = SupervisorLoop.Entry(
            child: .init(name: "walletd", isAsked: true, stopLimit: 60_000),
            program: .init(path: "/nonexistent/walletd", arguments: [], launcher: []))
        let loop = SupervisorLoop(
            [entry], inbox: inbox, asker: ReadyByLine(inbox), print: { lines.append($0) }, whenAllReady: {})
        #expect(loop.run() == .refused)
        #expect(lines.first?.contains("cannot run /nonexistent/walletd: No such file or directory") == true)
    }

    @Test func childThatClosesItsOutputIsStillWaitedFor() throws {
        let rehearsal = try Rehearsal(["exec >/dev/null 2>&1; exit 3"], asked: false)
        rehearsal.on("starting it again") { rehearsal.inbox.post(.stopSignal) }
        #expect(rehearsal.run() == .done)
        #expect(rehearsal.lines.first?.hasPrefix("weirctl | child0 ended with status 3") == true)
    }

    @Test func childrenGetCleanSignalsAndTheirOwnGroup() throws {
        let script = "grep SigBlk /proc/self/status; echo group $(ps -o pgid= -p $$) pid $$; echo ready"
        let rehearsal = try Rehearsal([script], asked: false)
        rehearsal.on("| ready") { rehearsal.inbox.post(.stopSignal) }
        _ = rehearsal.run()
        #expect(rehearsal.lines.contains { $0.hasSuffix("SigBlk:\\x090000000000000000") })
        let group = rehearsal.lines.first { $0.contains("group") }?.split(separator: " ") ?? []
        #expect(group.count == 6 && group[3] == group[5])
    }
}
