// MetricFamily: a metric as it is declared, before anything was counted.
//
// For: one declaration per metric, from which HELP and TYPE, docs/METRICS.md and the message `link.metrics` follow.
// Refuses: declarations that Prometheus could not read (it traps: they are written in the source, not made from data).
// Called by: the daemons (declare), Exposition and IPC (tell). Pure.

/// What a metric's values do. The numbers are those of the protocol.
public enum MetricKind: UInt8, CaseIterable, Hashable, Sendable {
    /// Only grows while the process lives.
    case counter = 1
    /// Goes up and down.
    case gauge = 2
    /// Counts of values by size, with their sum.
    case histogram = 3

    /// The name in TYPE lines.
    public var name: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// A metric: its name, what it means, and which labels tell its series apart.
public struct MetricFamily: Hashable, Sendable {
    public let kind: MetricKind
    /// `weir_gateway_requests_total`: the unit is part of the name, in base units.
    public let name: String
    /// What is counted or measured, in one sentence.
    public let meaning: String
    /// The names of its labels, in the order in which samples give their values.
    public let labels: [String]
    /// Values are kept as whole numbers of 10 to the power of −decimals: 6 for micro-seconds and micro-dollars.
    public let decimals: Int
    /// The upper bounds of a histogram's buckets, ascending, in the same unit; one more bucket holds what is above.
    public let bounds: [Int]

    /// More digits behind the point than any unit here needs.
    public static let decimalsMost = 9

    public init(
        _ kind: MetricKind, _ name: String, _ meaning: String, labels: [String] = [], decimals: Int = 0,
        bounds: [Int] = []
    ) {
        let isDeclarable = Self.isDeclarable(kind, name, labels: labels, decimals: decimals, bounds: bounds)
        precondition(isDeclarable, "\(name) is declared as Prometheus can not read it")
        self.kind = kind
        self.name = name
        self.meaning = meaning
        self.labels = labels
        self.decimals = decimals
        self.bounds = bounds
    }

    /// Whether such a metric can be told: names of lower-case letters, bounds that ascend in histograms and nowhere else.
    public static func isDeclarable(
        _ kind: MetricKind, _ name: String, labels: [String], decimals: Int, bounds: [Int]
    ) -> Bool {
        (0...decimalsMost).contains(decimals) && bounds.isEmpty == (kind != .histogram)
            && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 } && isName(name) && labels.allSatisfy(isName)
    }

    /// Whether samples of `other` mean the same here: only the explanations differ.
    func measuresLike(_ other: MetricFamily) -> Bool {
        kind == other.kind && labels == other.labels && decimals == other.decimals && bounds == other.bounds
    }

    /// Lower-case letters, digits and `_`: a part of what Prometheus allows.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
}

/// Declarations in one line each.
extension MetricFamily {
    public static func counter(
        _ name: String, _ meaning: String, labels: [String] = [], decimals: Int = 0
    ) -> MetricFamily { MetricFamily(.counter, name, meaning, labels: labels, decimals: decimals) }

    public static func gauge(
        _ name: String, _ meaning: String, labels: [String] = [], decimals: Int = 0
    ) -> MetricFamily { MetricFamily(.gauge, name, meaning, labels: labels, decimals: decimals) }

    public static func histogram(
        _ name: String, _ meaning: String, labels: [String] = [], decimals: Int = 0, bounds: [Int]
    ) -> MetricFamily {
        MetricFamily(.histogram, name, meaning, labels: labels, decimals: decimals, bounds: bounds)
    }
}
