// Signal: something that happens once on a loop and that a test waits for.

import NIOCore
import Synchronization

@testable import HTTP

final class Signal: Sendable {
    private let fired = Atomic<Int>(0)

    func fire() { fired.add(1, ordering: .relaxed) }

    var count: Int { fired.load(ordering: .relaxed) }

    /// Returns once it has fired.
    func wait() async throws { try await eventually("a signal") { count > 0 } }
}

extension ServerFixture {
    /// Waits until the number of open connections is as wanted.
    func wait(until isReached: (Int) -> Bool) async throws {
        try await eventually("a number of connections") { isReached(server.openConnections) }
    }
}
