// FakeDaemons: gatewayd's and walletd's tables with answers written by the test.
//
// For: running the built weirctl against known answers, and seeing what it asked.
// Refuses: messages the test did not expect (they stay unanswered rows: unknownMessage).
// Called by: WeirctlProcessTests.

import Glibc
import IPC
import Money
import NIOCore
import NIOPosix
import Synchronization
import Tenancy

@testable import weirctl

/// Both daemons, listening in one folder.
final class FakeDaemons: Sendable {
    let folder: TemporaryFolder
    /// Every request, as it was read, in order.
    private let asked = Mutex<[String]>([])
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init() throws { folder = try TemporaryFolder() }

    /// What was asked so far.
    var questions: [String] { asked.withLock { $0 } }

    func note(_ question: some Sendable) { asked.withLock { $0.append("\(question)") } }

    /// Starts `owner` with `rows`.
    func serve(_ owner: MessageOwner, as role: PeerRole, _ rows: @escaping @Sendable (FakeDaemons) -> [ServiceRow])
        throws
    {
        let loop = group.next()
        let path = "\(folder.path)/\(role).sock"
        try loop.flatSubmit { [self] () -> EventLoopFuture<Void> in
            let listener = Listener(
                .path(path, mode: 0o600), eventLoop: loop, table: ServiceTable(owner: owner, rows(self)),
                identity: PeerIdentity(role: role, instance: 1, build: "fake \(role)"), policy: .development(),
                observer: { _ in })
            return listener.start()
        }.wait()
    }

    deinit { group.shutdownGracefully { _ in } }

    /// Runs the weirctl that was built with these tests.
    func weirctl(_ line: String) throws -> (status: ChildEnd, output: String) {
        try BuiltWeirctl.run(line.split(separator: " ").map(String.init) + ["--socket-dir", folder.path])
    }
}

extension ServiceRow {
    /// A row that answers a call, with the peers and the deadline that the message itself states.
    static func answering<Request: CallRequest>(
        _ type: Request.Type, _ body: @escaping @Sendable (Request) throws -> Request.Answer
    ) -> ServiceRow {
        .call(type, from: type.number.askedBy, within: type.number.defaultDeadline ?? .seconds(1)) { request, answer in
            do { answer.send(try body(request)) } catch { answer.fail(.unavailable, "\(error)") }
        }
    }

    /// A row that streams.
    static func streaming<Request: StreamRequest>(
        _ type: Request.Type, _ body: @escaping @Sendable (Request, StreamAnswer<Request.Item, Request.End>) -> Void
    ) -> ServiceRow {
        .stream(type, from: type.number.askedBy, within: type.number.defaultDeadline, body)
    }
}

/// The binary beside the test's own.
enum BuiltWeirctl {
    static var path: String {
        let own = Binaries.weirctl
        return own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/weirctl"
    }

    /// Standard output and standard error together.
    static func run(_ arguments: [String]) throws -> (status: ChildEnd, output: String) {
        let environment = ["PATH=/usr/bin:/bin", "LD_LIBRARY_PATH=" + (Environment.value("LD_LIBRARY_PATH") ?? "")]
        let run = try ProgramRun.run(
            .init(path: path, arguments: arguments, launcher: [], environment: environment))
        return (run.end, run.output)
    }
}
