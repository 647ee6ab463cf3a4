// weir-demo-upstream: a vendor for the first minute.
//
// For: `weirctl up --demo`: Weir answers both dialects without a vendor's key. Every answer says that no model wrote it.
// Refuses: to pretend. It is no mock for tests either (Tests/FakeUpstream is): it always behaves.
// Called by: weirctl, or a person by hand.

import Glibc
import HTTP
import NIOCore
import NIOPosix

@main
enum Main {
    /// How long running streams may go on when we are told to stop: longer than any answer at the default interval.
    private static let drainLimit: TimeAmount = .seconds(5)

    static func main() {
        let options = Options.ofCommandLine()
        blockStopSignals()
        let server = HTTPServer(
            group: MultiThreadedEventLoopGroup(numberOfThreads: 1), configuration: ServerConfiguration()
        ) { _ in DemoHandler(eventInterval: options.eventInterval) }
        // Detached: the main thread, whose actor `main` belongs to, waits for signals.
        Task.detached {
            do { try await start(server, options) } catch {
                Terminal.say("ERROR weir-demo-upstream: cannot listen on \(options.host):\(options.port): \(error)\n")
                exit(1)
            }
        }
        waitForStopSignal()
        Task.detached {
            _ = await server.drain(within: drainLimit)
            exit(0)
        }
        waitForStopSignal()
        exit(0)
    }

    private static func start(_ server: HTTPServer, _ options: Options) async throws {
        try await server.start()
        let address = try await server.listen(on: .address(host: options.host, port: options.port))
        let text = "\(address.ipAddress ?? options.host):\(address.port ?? options.port)"
        Terminal.say("INFO weir-demo-upstream: ready address=\(text)\n")
    }
}

// Signals. Blocked before any thread exists, fetched one by one: the first ends politely, the second at once.
extension Main {
    private static func blockStopSignals() {
        var signals = stopSignals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    private static func waitForStopSignal() {
        var signals = stopSignals
        var number: Int32 = 0
        while sigwait(&signals, &number) != 0 {}
    }

    private static var stopSignals: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }
}
