// Gust: the moment of a round's kill.
//
// For: killing after a random number of acknowledgements and a random moment more, so that it falls anywhere in a commit.
// Refuses: nothing.
// Called by: WalletStorm's workers.

import Glibc

actor Gust {
    private let limit: Int
    private let pauseMicros: UInt32
    private let process: pid_t
    private var count = 0
    /// Whether the kill has been sent.
    private(set) var hasCome = false

    init(_ acknowledgements: Int, then pauseMicros: UInt32, _ process: pid_t) {
        limit = acknowledgements
        self.pauseMicros = pauseMicros
        self.process = process
    }

    /// A worker has an answer.
    func acknowledged() {
        count += 1
        guard count > limit, !hasCome else { return }
        // Not a wait for anything: the kill is to fall at a moment that nobody chose.
        usleep(pauseMicros)
        hasCome = true
        Glibc.kill(process, SIGKILL)
    }
}
