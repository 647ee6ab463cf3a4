// Metrics: counters and gauges of one daemon.
//
// For: `weirctl status` and, later, an exporter. Each event loop counts in a lane of its own, so that counting is one
// load and one store without a locked instruction; a reader adds the lanes up.
// Refuses: names made up at run time. A daemon's metrics are one enum, and its cases are the whole list.
// Called by: daemons.

public import Synchronization

/// The list of a daemon's metrics: an enum with raw values 0, 1, 2 … in order of declaration.
public protocol MetricKey: CaseIterable, RawRepresentable, Sendable where RawValue == Int {
    /// `gatewayd_requests_total`: Prometheus' rules for names.
    var name: String { get }
    /// What is counted, in one sentence.
    var meaning: String { get }
    /// Whether the value only grows.
    var kind: MetricKind { get }
}

/// What a metric's value does.
public enum MetricKind: String, Sendable {
    /// Only grows while the process lives.
    case counter
    /// Goes up and down.
    case gauge
}

/// One metric at one moment.
public struct MetricReading: Hashable, Sendable {
    public let name: String
    public let meaning: String
    public let kind: MetricKind
    /// The sum over all lanes.
    public let value: Int
}

/// The counters of one thread. Only the thread that owns a lane changes it; any thread may read.
public final class MetricLane<Key: MetricKey>: Sendable {
    @usableFromInline
    let cells: MetricCells

    init() { cells = MetricCells(count: Key.allCases.count) }

    /// Adds `amount`, which may be negative for a gauge.
    @inlinable
    public func add(_ key: Key, _ amount: Int = 1) {
        let cell = cells.base + key.rawValue
        cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Sets a gauge. The reading is the sum over all lanes, so each lane sets its own share.
    @inlinable
    public func set(_ key: Key, to value: Int) { (cells.base + key.rawValue).pointee.store(value, ordering: .relaxed) }
}

/// Cells that live as long as their lane. Padded to whole cache lines, so that lanes do not slow each other down.
@usableFromInline
final class MetricCells: @unchecked Sendable {
    @usableFromInline
    let base: UnsafeMutablePointer<Atomic<Int>>
    private let memory: UnsafeMutableRawPointer

    init(count: Int) {
        let size = (count * MemoryLayout<Atomic<Int>>.stride + 127) / 128 * 128
        memory = .allocate(byteCount: size, alignment: 128)
        base = memory.bindMemory(to: Atomic<Int>.self, capacity: count)
        for index in 0..<count { (base + index).initialize(to: Atomic(0)) }
    }

    deinit { memory.deallocate() }
}

/// All lanes of a daemon.
public final class MetricBoard<Key: MetricKey>: Sendable {
    private let lanes = Mutex<[MetricLane<Key>]>([])

    public init() {
        let isDense = Key.allCases.map(\.rawValue).elementsEqual(0..<Key.allCases.count)
        precondition(isDense, "metric keys are numbered 0, 1, 2 … in order")
    }

    /// A new lane, for one thread.
    public func makeLane() -> MetricLane<Key> {
        let lane = MetricLane<Key>()
        lanes.withLock { $0.append(lane) }
        return lane
    }

    /// Every metric now, in order of declaration. Lanes go on counting meanwhile, so two readings may be an event
    /// apart.
    public func snapshot() -> [MetricReading] {
        let lanes = lanes.withLock { $0 }
        return Key.allCases.map { key in
            let value = lanes.reduce(0) { $0 &+ ($1.cells.base + key.rawValue).pointee.load(ordering: .relaxed) }
            return MetricReading(name: key.name, meaning: key.meaning, kind: key.kind, value: value)
        }
    }
}
