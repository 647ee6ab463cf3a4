// Handover: one process of a daemon gives its sockets and its state to the next, and no client waits.
//
// For: restarting and upgrading a daemon whose answers may go on for minutes. The successor is started by its predecessor, inside
//      the same unit, and is told to systemd as the new main process (MAINPID=, sd_notify(3)).
//
//          predecessor                          successor
//          starts it, with the sockets    →     reads its configuration
//                                         ←     prepared NUMBER
//          lets its state go: released    →     takes it, opens everything
//                                         ←     serving
//          MAINPID= to systemd: main      →     READY=1 to systemd
//          finishes what it began               serves
//
// Refuses: every word out of turn or late. Whoever finds the other end closed before `main` goes on as if nothing had been: the
//          predecessor with its state, the successor by ending.
// Called by: Successor in the old process, Predecessor in the new one.

import Glibc

/// Why a handover did not happen. The process that wanted it goes on as before.
public struct HandoverFault: Error, CustomStringConvertible, Sendable {
    public let description: String

    /// For a person: `the successor ended before it was ready; its own lines say why`.
    public init(_ description: String) { self.description = description }
}

/// What the two processes say to each other.
enum HandoverWord: String {
    case prepared, released, serving, main
}

/// How long the other side may take.
enum HandoverLimits {
    /// To read a configuration.
    static let prepare: Duration = .seconds(10)
    /// To open files, load keys and listen; and, seen from the other side, to close them.
    static let serve: Duration = .seconds(30)
    /// The longest line: a word and a process number.
    static let line = 32
}

/// The names in the successor's environment.
enum HandoverVariable {
    /// The number of the descriptor of the line between the two.
    static let line = "WEIR_HANDOVER"
    /// Set for the process between the two, which starts the successor and ends: systemd then is the successor's parent and
    /// hears of its end.
    static let launch = "WEIR_HANDOVER_LAUNCH"
}

/// One end of the line between the two processes. Blocks, with a limit; used on main threads, which have nothing else to do.
struct HandoverLine: ~Copyable {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Says a word.
    func say(_ word: HandoverWord, _ number: Int32? = nil) throws(HandoverFault) {
        let text = Array((word.rawValue + (number.map { " \($0)" } ?? "") + "\n").utf8)
        guard send(descriptor, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else { throw Self.gone }
    }

    /// Waits for `word` and returns the number that came with it, 0 when none did.
    @discardableResult
    func hear(_ word: HandoverWord, within limit: Duration) throws(HandoverFault) -> Int32 {
        let deadline = ContinuousClock.now + limit
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            guard line.count < HandoverLimits.line else {
                throw HandoverFault("the other process says what is no word")
            }
            line.append(try nextByte(until: deadline))
        }
        let parts = String(decoding: line.dropLast(), as: UTF8.self).split(separator: " ")
        guard parts.first.map(String.init) == word.rawValue else {
            throw HandoverFault("the other process says something else than \(word.rawValue)")
        }
        return parts.dropFirst().first.flatMap { Int32($0) } ?? 0
    }

    private static let gone = HandoverFault("the other process ended meanwhile; its own lines say why")

    private func nextByte(until deadline: ContinuousClock.Instant) throws(HandoverFault) -> UInt8 {
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline)).components
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let millis = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            let ready = Glibc.poll(&poll, 1, Int32(clamping: millis))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw HandoverFault("the other process says nothing for too long") }
            var byte: UInt8 = 0
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { throw Self.gone }
            return byte
        }
    }
}

/// Starting a program with some of our descriptors.
enum Spawning {
    /// Descriptors above all that a child is given, where they are kept while it is prepared.
    private static let aside: Int32 = 200

    /// Starts `path`; `descriptors` become its 3, 4, ….
    static func start(
        _ path: String, _ arguments: [String], _ environment: [String], _ descriptors: [Int32]
    ) throws(HandoverFault) -> pid_t {
        // Aside first: a descriptor's new number may be another's old one.
        let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, aside) }
        defer { for copy in copies where copy >= 0 { close(copy) } }
        guard copies.allSatisfy({ $0 >= 0 }) else { throw HandoverFault("too many files are open") }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for (index, copy) in copies.enumerated() {
            posix_spawn_file_actions_adddup2(&files, copy, InheritedSockets.first + Int32(index))
        }
        var process: pid_t = 0
        let code = withCStrings([path] + arguments) { arguments in
            withCStrings(environment) { posix_spawn(&process, path, &files, nil, arguments, $0) }
        }
        guard code == 0 else { throw HandoverFault("cannot run \(path): \(String(cString: strerror(code)))") }
        return process
    }

    /// Closes every descriptor from `first` on. For a process of one thread.
    static func closeAll(from first: Int32) {
        guard let opened = opendir("/proc/self/fd") else { return }
        var numbers: [Int32] = []
        while let entry = readdir(opened) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name), number >= first { numbers.append(number) }
        }
        closedir(opened)
        for number in numbers { close(number) }
    }

    /// This process's environment without `names`.
    static func environment(without names: [String]) -> [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if !names.contains(String(text.prefix { $0 != "=" })) { entries.append(text) }
            next += 1
        }
        return entries
    }

    /// `texts` as the zero-terminated array of C strings that exec wants.
    private static func withCStrings<Value>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { pointers.forEach { free($0) } }
        return body(pointers)
    }
}
