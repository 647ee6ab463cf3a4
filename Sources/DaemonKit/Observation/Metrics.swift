// Metrics: what one daemon counts while it works.
//
// For: the message `link.metrics` and gatewayd's page for Prometheus. Each event loop counts in a lane of its own, so
// that counting is one load and one store without a locked instruction; a reader adds the lanes up.
// Refuses: names and labels made up at run time. A daemon's metrics are one enum, and its cases are the whole list.
// Called by: daemons.

public import Metrics
public import Synchronization

/// The list of what a daemon's threads count: an enum with raw values 0, 1, 2 … in order of declaration.
public protocol MetricKey: CaseIterable, RawRepresentable, Sendable where RawValue == Int {
    /// What is counted.
    var family: MetricFamily { get }
    /// The label values of each of its series; the position in this list is what `add(_:at:)` is told.
    var series: [[String]] { get }
}

extension MetricKey {
    /// One series without labels.
    public var series: [[String]] { [[]] }
}

/// Where the cells of each key are.
struct MetricLayout {
    /// The first cell of each key.
    let starts: [Int]
    /// The cells of one series of each key: one, or a histogram's buckets and its sum.
    let widths: [Int]
    let bounds: [[Int]]
    let count: Int

    init<Key: MetricKey>(of type: Key.Type) {
        let keys = Array(Key.allCases)
        precondition(keys.map(\.rawValue).elementsEqual(0..<keys.count), "metric keys are numbered 0, 1, 2 … in order")
        bounds = keys.map(\.family.bounds)
        widths = keys.map { $0.family.kind == .histogram ? $0.family.bounds.count + 2 : 1 }
        var (starts, next): ([Int], Int) = ([], 0)
        for (key, width) in zip(keys, widths) {
            let fits = key.series.allSatisfy { $0.count == key.family.labels.count }
            precondition(fits, "\(key.family.name): a series has a value for each label")
            precondition(width == 1 || key.series.count == 1, "\(key.family.name): a lane's histogram has no labels")
            starts.append(next)
            next += width * key.series.count
        }
        self.starts = starts
        count = next
    }
}

/// The counters of one thread. Only the thread that owns a lane changes it; any thread may read.
public final class MetricLane<Key: MetricKey>: Sendable {
    @usableFromInline
    let cells: MetricCells

    init(_ layout: MetricLayout) { cells = MetricCells(layout) }

    /// Adds `amount` to the series at `series`.
    @inlinable
    public func add(_ key: Key, at series: Int = 0, _ amount: Int = 1) {
        let cell = cells.base + cells.starts[key.rawValue] + series
        cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Sets a gauge. The reading is the sum over all lanes, so each lane sets its own share.
    @inlinable
    public func set(_ key: Key, to value: Int) {
        (cells.base + cells.starts[key.rawValue]).pointee.store(value, ordering: .relaxed)
    }

    /// Counts `value` in a histogram.
    @inlinable
    public func observe(_ key: Key, _ value: Int) {
        let bounds = cells.bounds[key.rawValue]
        let start = cells.base + cells.starts[key.rawValue]
        let bucket = start + BucketCounts.place(of: value, in: bounds)
        bucket.pointee.store(bucket.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        let sum = start + bounds.count + 1
        sum.pointee.store(sum.pointee.load(ordering: .relaxed) &+ value, ordering: .relaxed)
    }
}

/// Cells that live as long as their lane. Padded to whole cache lines, so that lanes do not slow each other down.
@usableFromInline
final class MetricCells: @unchecked Sendable {
    @usableFromInline
    let base: UnsafeMutablePointer<Atomic<Int>>
    /// The first cell of each key. Written once, here.
    @usableFromInline
    let starts: UnsafeMutablePointer<Int>
    @usableFromInline
    let bounds: [[Int]]
    private let memory: UnsafeMutableRawPointer

    init(_ layout: MetricLayout) {
        let size = (layout.count * MemoryLayout<Atomic<Int>>.stride + 127) / 128 * 128
        memory = .allocate(byteCount: size, alignment: 128)
        base = memory.bindMemory(to: Atomic<Int>.self, capacity: layout.count)
        for index in 0..<layout.count { (base + index).initialize(to: Atomic(0)) }
        starts = .allocate(capacity: layout.starts.count)
        starts.initialize(from: layout.starts, count: layout.starts.count)
        bounds = layout.bounds
    }

    deinit {
        memory.deallocate()
        starts.deallocate()
    }

    func value(_ index: Int) -> Int { (base + index).pointee.load(ordering: .relaxed) }
}

/// All lanes of a daemon.
public final class MetricBoard<Key: MetricKey>: Sendable {
    private let lanes = Mutex<[MetricLane<Key>]>([])
    private let layout = MetricLayout(of: Key.self)

    public init() {}

    /// A new lane, for one thread.
    public func makeLane() -> MetricLane<Key> {
        let lane = MetricLane<Key>(layout)
        lanes.withLock { $0.append(lane) }
        return lane
    }

    /// What `key` counts or measures, over all lanes and series.
    public func total(_ key: Key) -> Int { samples(key, lanes.withLock { $0 }).reduce(0) { $0 &+ $1.value } }

    /// Every metric now, in order of declaration. Lanes go on counting meanwhile, so two readings may be an event
    /// apart.
    public func snapshot() -> [MetricReading] {
        let lanes = lanes.withLock { $0 }
        return Key.allCases.map { MetricReading($0.family, samples($0, lanes)) }
    }

    private func samples(_ key: Key, _ lanes: [MetricLane<Key>]) -> [MetricSample] {
        let (start, width) = (layout.starts[key.rawValue], layout.widths[key.rawValue])
        return key.series.enumerated().map { index, labels in
            let cells = (start + index * width)..<(start + (index + 1) * width)
            let sums = cells.map { cell in lanes.reduce(0) { $0 &+ $1.cells.value(cell) } }
            return MetricSample(sums[width - 1], labels: labels, buckets: Array(sums.dropLast()))
        }
    }
}
