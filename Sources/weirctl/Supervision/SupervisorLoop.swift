// SupervisorLoop: carries out what Supervisor decides.
//
// For: the foreground of `weirctl up`: children's lines with their names, ends, signals and answers, in one poll(2)
// loop.
// Refuses: to return while a child is alive.
// Called by: UpCommand; tests with small programs and a fake asker. Runs on one thread, which must live as long as the
// children: the death signal they carry is bound to it.

import Glibc

/// Finds out whether a child is ready.
protocol ReadinessAsker {
    /// Begins to ask the `start`-th process of position `index`, and posts `.childReady` when it answered. Asking an
    /// earlier process of the same position ends.
    func ask(_ index: Int, start: Int)
}

/// The running children of one `weirctl up`.
final class SupervisorLoop {
    /// A child and how to run it.
    struct Entry {
        let child: Supervisor.Child
        let program: ChildProcess.Program
    }

    private var supervisor: Supervisor
    private let entries: [Entry]
    private let inbox: Inbox
    private let asker: any ReadinessAsker
    private let print: (String) -> Void
    private let whenAllReady: () throws -> Void
    private var running: [ChildProcess?]
    private var splitters: [LineSplitter]
    private var starts: [Int]
    private var finished: CommandStatus?
    private let labelWidth: Int

    /// `print` gets whole lines without their line feed. `whenAllReady` runs once, in the loop; what it throws is
    /// printed.
    init(
        _ entries: [Entry], inbox: Inbox, asker: any ReadinessAsker, sameStop: Int64 = Supervisor.sameStop,
        print: @escaping (String) -> Void, whenAllReady: @escaping () throws -> Void
    ) {
        self.entries = entries
        self.inbox = inbox
        self.asker = asker
        self.print = print
        self.whenAllReady = whenAllReady
        supervisor = Supervisor(entries.map(\.child), sameStop: sameStop)
        running = entries.map { _ in nil }
        splitters = entries.map { _ in LineSplitter() }
        starts = entries.map { _ in 0 }
        labelWidth = (entries.map(\.child.name.count) + ["weirctl".count]).max() ?? 0
    }

    /// Starts the children and stays until all have ended.
    func run() -> CommandStatus {
        perform(supervisor.begin(now: Self.now))
        while finished == nil { turn() }
        return finished ?? .refused
    }

    private func turn() {
        var descriptors = [pollfd(fd: inbox.descriptor, events: Int16(POLLIN), revents: 0)]
        // A negative descriptor is passed over by poll(2).
        descriptors += running.map { pollfd(fd: $0?.output ?? -1, events: Int16(POLLIN), revents: 0) }
        _ = poll(&descriptors, nfds_t(descriptors.count), timeout)
        for index in running.indices where descriptors[index + 1].revents != 0 { readOutput(index) }
        if descriptors[0].revents != 0 { inbox.take().forEach(handle) }
        perform(supervisor.timePassed(now: Self.now))
    }

    /// Milliseconds until the supervisor has something to do, −1 for never. The second is as long as a wrong clock
    /// could hurt.
    private var timeout: Int32 {
        guard let wakeAt = supervisor.wakeAt else { return -1 }
        return Int32(min(1000, max(0, wakeAt - Self.now)))
    }

    private func handle(_ event: Inbox.Event) {
        switch event {
        case .stopSignal: perform(supervisor.stopAsked(now: Self.now))
        case .childEnded(let index): perform(supervisor.ended(index, bury(index), now: Self.now))
        case .childReady(let index, let start):
            if start == starts[index] { perform(supervisor.becameReady(index, now: Self.now)) }
        }
    }

    private func perform(_ effects: [Supervisor.Effect]) {
        for effect in effects {
            switch effect {
            case .start(let index): start(index)
            case .ask(let index): asker.ask(index, start: starts[index])
            case .send(let index, let signal): running[index]?.send(signal)
            case .say(let text): say(text)
            case .allReady: allReady()
            case .finish(let status): finished = status
            }
        }
    }

    private func start(_ index: Int) {
        starts[index] += 1
        do {
            running[index] = try ChildProcess.start(entries[index].program, as: index, endsIn: inbox)
        } catch {
            return perform(supervisor.ended(index, .notStarted(reason: error.what), now: Self.now))
        }
        perform(supervisor.started(index, now: Self.now))
    }

    private func allReady() {
        do { try whenAllReady() } catch { say(String(describing: error)) }
    }

    /// The last lines of a child that ended, then how it ended.
    private func bury(_ index: Int) -> ChildEnd {
        guard let child = running[index] else { preconditionFailure("only a running child ends") }
        readOutput(index)
        if let rest = splitters[index].last() { line(entries[index].child.name, rest) }
        if child.output >= 0 { close(child.output) }
        running[index] = nil
        return child.reap()
    }
}

// MARK: Output

extension SupervisorLoop {
    /// Prints what is there now. At most 16 times the buffer a turn, so that a chatterbox does not keep us from
    /// signals.
    private func readOutput(_ index: Int) {
        guard let descriptor = running[index]?.output, descriptor >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        for _ in 0..<16 {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return endOutput(index, descriptor) }
            guard count > 0 else { return }
            splitters[index].lines(adding: buffer[..<count]).forEach { line(entries[index].child.name, $0) }
        }
    }

    /// A child that closed its output and lives on would make poll(2) return at once for ever.
    private func endOutput(_ index: Int, _ descriptor: Int32) {
        close(descriptor)
        running[index]?.output = -1
    }

    private func say(_ text: String) { line("weirctl", text) }

    private func line(_ label: String, _ text: String) {
        print(label.padded(to: labelWidth) + " | " + Cell.printable(text))
    }

    /// Milliseconds of the steady clock.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
