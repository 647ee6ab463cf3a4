// HeldExchange: lets a test take an exchange out of the handler and drive it step by step.
//
// For: tests that decide from outside when a request is answered.
// Refuses: use of the exchange off its loop: `run` goes there.
// Called by: the server tests.

import NIOCore
import Synchronization

@testable import HTTP

/// Holds the first exchange it is given.
final class HeldExchange: Sendable {
    struct Held: Sendable {
        let bound: NIOLoopBound<HTTPExchange>
        let eventLoop: any EventLoop

        func run<T: Sendable>(_ body: @escaping @Sendable (HTTPExchange) -> T) async throws -> T {
            try await eventLoop.submit { body(bound.value) }.get()
        }
    }

    private let held = Mutex<Held?>(nil)

    /// Keeps `exchange` if it is the first; false otherwise. On the loop.
    func hold(_ exchange: HTTPExchange) -> Bool {
        let new = Held(bound: NIOLoopBound(exchange, eventLoop: exchange.eventLoop), eventLoop: exchange.eventLoop)
        return held.withLock { held in
            guard held == nil else { return false }
            held = new
            return true
        }
    }

    /// The held one; on its loop only.
    var exchange: HTTPExchange? { held.withLock { $0 }?.bound.value }

    /// The first exchange, when it has come.
    func get() async throws -> Held {
        try await eventually("a request") { held.withLock { $0 != nil } }
        guard let held = held.withLock({ $0 }) else { throw ImpatientError(what: "a request", received: "") }
        return held
    }
}

extension HTTPExchange {
    /// Runs `body` after `turns` turns of the loop.
    func later(turns: Int, _ body: @escaping () -> Void) {
        if turns == 0 { return body() }
        eventLoop.assumeIsolated().execute { self.later(turns: turns - 1, body) }
    }
}

extension String {
    /// The parts between occurrences of `separator`.
    func components(of separator: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(self)
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}

/// `count` ASCII bytes that show where they are, so that a lost or doubled piece is noticed.
func patterned(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: 33 + ($0 &* 31 ^ $0 >> 7) % 90) }
}
