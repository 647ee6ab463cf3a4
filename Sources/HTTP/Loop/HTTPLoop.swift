// HTTPLoop: what all connections of one event loop share: a coarse clock, one tick for all deadlines, one flush per turn.
//
// For: keeping timers and flushes off the request path. Scheduling and cancelling a timer per request costs two heap
// operations and a lock; here a deadline is one stored number and a tick looks at all of them.
// Refuses: use from another event loop (traps).
// Called by: HTTPServer makes one per loop; ServerConnection, UpstreamPool and handlers use it.

internal import Glibc
public import NIOCore

/// Something with deadlines, looked at once per tick.
public protocol LoopTicked: AnyObject {
    /// Where the loop keeps it; begin with -1 and leave it alone.
    var tickSlot: Int { get set }
    /// Compare your deadlines with `now`. May unwatch anything, itself included.
    func tick(now: NIODeadline)
}

/// The shared state of one event loop. Not Sendable: make and use it on its loop.
public final class HTTPLoop {
    /// The loop everything here runs on.
    public let eventLoop: any EventLoop
    /// The time, at most one tick old. While nothing is watched nothing ticks, and the clock itself is asked: a deadline
    /// is often the first that is set after a long rest.
    public var now: NIODeadline { isTicking ? lastTick : eventLoop.now }
    /// How often deadlines are looked at.
    public let tickInterval: TimeAmount

    /// Between a channelRead and its channelReadComplete, which flushes; outside it a flush task is queued instead.
    var isReading = false
    /// "date: …\r\n", renewed when the second changes.
    private(set) var dateLine = [UInt8]()

    private var lastTick: NIODeadline
    private var watched: [any LoopTicked] = []
    private var isTicking = false
    private var isFlushQueued = false
    private var isFlushing = false
    private var dirty: [any Flushable] = []
    private var wallSecond = 0

    /// A loop's state. Call on `eventLoop`. `tick` is the precision of every timeout: 100 ms is far below the shortest
    /// default timeout and ten wake-ups a second, none while nothing is connected.
    public init(eventLoop: any EventLoop, tick: TimeAmount = .milliseconds(100)) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        tickInterval = tick
        lastTick = eventLoop.now
        renewDate()
    }
}

// Deadlines.
extension HTTPLoop {
    /// The deadline `timeout` from now, rounded up so that it never comes early.
    public func deadline(in timeout: TimeAmount) -> NIODeadline { now + timeout + tickInterval }

    /// Has `ticked` looked at every tick until `unwatch`.
    public func watch(_ ticked: any LoopTicked) {
        eventLoop.assertInEventLoop()
        precondition(ticked.tickSlot == -1, "an object is watched once at a time")
        ticked.tickSlot = watched.count
        watched.append(ticked)
        if !isTicking { startTicking() }
    }

    /// Ends `watch`; harmless when it is not watched.
    public func unwatch(_ ticked: any LoopTicked) {
        let slot = ticked.tickSlot
        guard slot >= 0 else { return }
        ticked.tickSlot = -1
        let last = watched.removeLast()
        guard slot < watched.count else { return }
        watched[slot] = last
        last.tickSlot = slot
    }

    /// Everything watched, for draining. A copy: closing a connection unwatches it.
    var allWatched: [any LoopTicked] { watched }

    private func startTicking() {
        isTicking = true
        refreshClock()
        scheduleTick()
    }

    private func scheduleTick() {
        eventLoop.assumeIsolated().scheduleTask(in: tickInterval) { self.tick() }
    }

    private func tick() {
        refreshClock()
        // Downwards: removal moves the last, already visited one into the gap.
        var slot = watched.count - 1
        while slot >= 0 {
            if slot < watched.count { watched[slot].tick(now: lastTick) }
            slot -= 1
        }
        if watched.isEmpty {
            isTicking = false
        } else {
            scheduleTick()
        }
    }

    private func refreshClock() {
        lastTick = eventLoop.now
        renewDate()
    }

    private func renewDate() {
        let second = Glibc.time(nil)
        guard second != wallSecond else { return }
        wallSecond = second
        dateLine = Array("date: ".utf8) + HTTPDate.text(unixSeconds: second) + Array("\r\n".utf8)
    }
}

/// A connection with written bytes that have not been handed to the kernel.
protocol Flushable: AnyObject {
    func flushNow()
}

// Flushes.
extension HTTPLoop {
    /// Queues `connection` for the flush at the end of this turn. It queues itself once until `flushNow`.
    func needsFlush(_ connection: any Flushable) {
        dirty.append(connection)
        guard !isReading, !isFlushing, !isFlushQueued else { return }
        isFlushQueued = true
        eventLoop.assumeIsolated().execute {
            self.isFlushQueued = false
            self.flushAll()
        }
    }

    /// The end of a read: everything written during it leaves now.
    func endRead() {
        isReading = false
        if !dirty.isEmpty { flushAll() }
    }

    private func flushAll() {
        // A flush may close a connection, whose callbacks may write to others: those are appended and flushed here too.
        guard !isFlushing else { return }
        isFlushing = true
        defer { isFlushing = false }
        var index = 0
        while index < dirty.count {
            dirty[index].flushNow()
            index += 1
        }
        dirty.removeAll(keepingCapacity: true)
    }
}
