// Loopback: the parent of all suites that use sockets, and how they wait.
//
// For: running those tests one after the other: they measure deadlines, and a machine busy with their siblings would miss
// them.
// Refuses: waiting for ever.
// Called by: every suite of Server/ and Client/.

import NIOCore
import NIOPosix
import Testing

@Suite(.serialized) enum Loopback {}

/// Looks every millisecond whether `condition` has come true, for at most `RawPeer.patience`.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = NIODeadline.now() + RawPeer.patience
    while !(try await condition()) {
        guard NIODeadline.now() < deadline else { throw ImpatientError(what: what, received: "") }
        try await nextLook()
    }
}

/// Looks every millisecond until a number has stayed the same for `span`.
func settled(for span: TimeAmount, _ number: () async throws -> Int) async throws -> Int {
    var last = try await number()
    var since = NIODeadline.now()
    while NIODeadline.now() - since < span {
        let next = try await number()
        if next != last { (last, since) = (next, NIODeadline.now()) }
        try await nextLook()
    }
    return last
}

private func nextLook() async throws {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    try await eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
}
