// ipc-bench: what a call between Weir's daemons costs.
//
// For: the IPC benchmark. The listener and the client are those of the daemons; only the wallet behind them is
// missing: every hold is granted at once.
// Refuses: any answer but "granted".
// Called by: ipc.py.
//
//     ipc-bench serve SOCKET                        answers until it is ended
//     ipc-bench call SOCKET OUTSTANDING SECONDS     prints one line of JSON
//     ipc-bench codec                               nanoseconds a message, one line of JSON

import Glibc
import IPC
import Money
import NIOCore
import NIOPosix
import Tenancy

@main
enum IPCBench {
    static func main() {
        let words = CommandLine.arguments
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        do {
            if words.count == 3, words[1] == "serve" {
                try loop.flatSubmit { Serving(words[2], loop).run() }.wait()
            } else if words.count == 5, words[1] == "call", let outstanding = Int(words[3]),
                let seconds = Int64(words[4])
            {
                print(try loop.flatSubmit { Calling(words[2], outstanding, seconds, loop).run() }.wait())
            } else if words.count == 2, words[1] == "codec" {
                print(CodecTimes.measure())
            } else {
                fail("usage: ipc-bench serve SOCKET | call SOCKET OUTSTANDING SECONDS | codec", 64)
            }
        } catch {
            fail("\(error)", 1)
        }
    }

    private static func fail(_ sentence: String, _ code: Int32) -> Never {
        let line = "ipc-bench: \(sentence)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        exit(code)
    }
}

/// Who both sides say they are.
enum BenchPeers {
    static let wallet = PeerIdentity(role: .walletd, instance: 1, build: "ipc-bench")
    static let gateway = PeerIdentity(role: .gatewayd, instance: 2, build: "ipc-bench")
    /// 53 bytes of payload: the frame that ipc-pingpong imitates.
    static let hold = HoldRequest(
        hold: 7, amount: Micros(1_250_000), cap: Micros(5_000_000), policy: .reserve, tenant: TenantID("acme")!,
        budget: KeyID("key_0123456789abcdef")!)
}
