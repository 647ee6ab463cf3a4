// Signal: something that happens once on a loop and that a test waits for.

import NIOCore
import Synchronization

@testable import HTTP

final class Signal: Sendable {
    private let fired = Atomic<Int>(0)

    func fire() { fired.add(1, ordering: .relaxed) }

    var count: Int { fired.load(ordering: .relaxed) }

    /// Returns once it has fired.
    func wait() async throws {
        let deadline = NIODeadline.now() + RawPeer.patience
        while count == 0 {
            guard NIODeadline.now() < deadline else { throw ImpatientError(what: "a signal", received: "") }
            await Task.yield()
        }
    }
}

extension ServerFixture {
    /// Waits until `count` connections have been open at some time and none is any more.
    func waitUntilEmpty(after count: Int) async throws {
        let deadline = NIODeadline.now() + RawPeer.patience
        var seen = 0
        while true {
            let open = server.openConnections
            seen = max(seen, open)
            if seen >= count, open == 0 { return }
            guard NIODeadline.now() < deadline else { throw ImpatientError(what: "no connections", received: "\(open)") }
            await Task.yield()
        }
    }
}
