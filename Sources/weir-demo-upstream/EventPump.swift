// EventPump: sends a stream's events at a readable pace.
//
// For: streamed answers.
// Refuses: to run ahead of a client that does not read, or behind one that is gone.
// Called by: DemoHandler, on the exchange's event loop.

import HTTP
import NIOCore

/// One running stream. It keeps itself alive by the task it has scheduled, and ends with its last event or its client.
final class EventPump {
    private let exchange: HTTPExchange
    private let events: [[UInt8]]
    private let interval: TimeAmount
    private var next = 0

    init(_ events: [[UInt8]], every interval: TimeAmount, to exchange: HTTPExchange) {
        self.exchange = exchange
        self.events = events
        self.interval = interval
    }

    /// Sends the next event and arranges for the one after it.
    func run() {
        guard !exchange.isFinished else { return }
        if exchange.isWritable {
            exchange.write(ByteBuffer(bytes: events[next]))
            next += 1
        }
        guard next < events.count else { return exchange.finish() }
        exchange.eventLoop.assumeIsolated().scheduleTask(in: interval) { self.run() }
    }
}
