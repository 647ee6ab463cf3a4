// ServerSeat: what one event loop of a server holds: the loop's shared state, its handler, and whether it is draining.
//
// For: handing connections to a loop without locks on the request path.
// Refuses: use off its loop; HTTPServer carries it in a NIOLoopBound made on that loop.
// Called by: HTTPServer and ServerConnection.

internal import NIOCore
internal import Synchronization

final class ServerSeat {
    let loop: HTTPLoop
    let handler: any RequestHandler
    let configuration: ServerConfiguration
    let tally: ConnectionTally
    var isDraining = false

    init(loop: HTTPLoop, handler: any RequestHandler, configuration: ServerConfiguration, tally: ConnectionTally) {
        self.loop = loop
        self.handler = handler
        self.configuration = configuration
        self.tally = tally
    }

    /// Closes what stays idle; busy connections close with their answer.
    func drain() {
        isDraining = true
        for case let connection as ServerConnection in loop.allWatched { connection.closeWhenQuiet() }
    }

    /// Cuts every connection and returns how many there were.
    func abortAll() -> Int {
        let connections = loop.allWatched.compactMap { $0 as? ServerConnection }
        for connection in connections { connection.cut() }
        return connections.count
    }
}

/// Open connections of all loops, and the promise to keep when the last one closes during a drain.
final class ConnectionTally: Sendable {
    private let count = Atomic<Int>(0)
    private let onEmpty = Mutex<EventLoopPromise<Void>?>(nil)

    var current: Int { count.load(ordering: .relaxed) }

    /// Counts a connection unless there are `limit` already.
    func enter(limit: Int) -> Bool {
        if count.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        leave()
        return false
    }

    func leave() {
        if count.wrappingSubtract(1, ordering: .relaxed).newValue == 0 { keepPromise() }
    }

    /// Keeps `promise` as soon as no connection is open.
    func whenEmpty(_ promise: EventLoopPromise<Void>) {
        onEmpty.withLock { $0 = promise }
        if current == 0 { keepPromise() }
    }

    private func keepPromise() {
        let promise = onEmpty.withLock { $0.take() }
        promise?.succeed()
    }
}
