// wallet-bench: asks a running walletd for as many durable movements as it can take.
//
// For: the wallet's benchmark; Benchmarks/Wallet/wallet.py starts the daemon and calls this.
// Refuses: any answer but "posted": a refused movement would make the figure look better than it is.
// Called by: wallet.py.
//
//     wallet-bench credit SOCKET TENANTS                          one credit for each of bench-0, bench-1, …
//     wallet-bench load SOCKET TENANTS OUTSTANDING SECONDS KIND   debit, or settle (with a budget); prints one line of JSON

import Glibc
import IPC
import NIOCore
import NIOPosix

@main
enum WalletBench {
    static func main() {
        let words = CommandLine.arguments
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        do {
            if words.count == 4, words[1] == "credit", let tenants = Int(words[3]) {
                try loop.flatSubmit { Crediting(words[2], tenants, loop).run() }.wait()
            } else if words.count == 7, words[1] == "load", let load = Load(words) {
                print(try loop.flatSubmit { Loading(words[2], load, loop).run() }.wait())
            } else {
                fail(
                    "usage: wallet-bench credit SOCKET TENANTS | load SOCKET TENANTS OUTSTANDING SECONDS debit|settle",
                    64)
            }
        } catch {
            fail("\(error)", 1)
        }
    }

    private static func fail(_ sentence: String, _ code: Int32) -> Never {
        let line = "wallet-bench: \(sentence)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        exit(code)
    }
}

/// An answer that a benchmark must not get.
struct Unexpected: Error {
    let what: String
}
