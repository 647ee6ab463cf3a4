// MetricReading: a metric at one moment.
//
// For: carrying what was counted from the threads that count to a page, a message or a terminal.
// Refuses: samples that do not fit their declaration (it traps).
// Called by: the daemons (make), Exposition and IPC (tell). Pure.

/// One series of a metric at one moment.
public struct MetricSample: Hashable, Sendable {
    /// The values of the family's labels, in its order.
    public let labels: [String]
    /// A histogram's sum; else the value. In the family's unit.
    public let value: Int
    /// A histogram's counts, bucket by bucket and not added up, one more than there are bounds; else empty.
    public let buckets: [Int]

    public init(_ value: Int, labels: [String] = [], buckets: [Int] = []) {
        self.labels = labels
        self.value = value
        self.buckets = buckets
    }
}

/// A metric with its series at one moment.
public struct MetricReading: Hashable, Sendable {
    public let family: MetricFamily
    public let samples: [MetricSample]

    public init(_ family: MetricFamily, _ samples: [MetricSample]) {
        let fits = samples.allSatisfy { Self.fits($0, family) }
        precondition(fits, "\(family.name): a sample has a value for each label and a count for each bucket")
        self.family = family
        self.samples = samples
    }

    /// A metric without labels.
    public init(_ family: MetricFamily, _ value: Int) { self.init(family, [MetricSample(value)]) }

    /// Whether `sample` can be one of `family`.
    public static func fits(_ sample: MetricSample, _ family: MetricFamily) -> Bool {
        sample.labels.count == family.labels.count
            && sample.buckets.count == (family.kind == .histogram ? family.bounds.count + 1 : 0)
    }

    /// The readings of several sources as one list in which each metric stands once, where it stood first. A daemon of
    /// another release may declare a metric otherwise; what cannot stand under one declaration is left out.
    public static func merged(_ readings: [MetricReading]) -> [MetricReading] {
        var places: [String: Int] = [:]
        var merged: [MetricReading] = []
        for reading in readings {
            guard let place = places[reading.family.name] else {
                places[reading.family.name] = merged.count
                merged.append(reading)
                continue
            }
            let family = merged[place].family
            guard family.measuresLike(reading.family) else { continue }
            merged[place] = MetricReading(family, merged[place].samples + reading.samples)
        }
        return merged
    }
}
