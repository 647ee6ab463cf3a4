// Link message 0x0002: metrics.
//
// For: every daemon's table; `weirctl metrics`, and gatewayd, which puts its siblings' numbers on its own page.
// Refuses: whatever WireReader refuses; samples that do not fit their metric (`badNumber`).
// Called by: weirctl, gatewayd (ask); every daemon (answers).

public import Metrics

/// `link.metrics`: what the daemon has counted and measured.
public struct MetricsRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .linkMetrics }
    public typealias Answer = MetricsAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The answer to `link.metrics`.
public struct MetricsAnswer: WireValue, Hashable {
    /// Every metric of the daemon, also those without a series yet.
    public var readings: [MetricReading]

    public init(_ readings: [MetricReading]) { self.readings = readings }

    public func encode(to writer: inout WireWriter) {
        writer.list(readings.map { WireFamily($0.family) }, atMost: FieldLimits.metrics)
        let samples = readings.enumerated().flatMap { index, reading in
            reading.samples.map { WireSample(family: index, $0) }
        }
        writer.list(samples, atMost: FieldLimits.metricSamples)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        let families = try reader.list(of: WireFamily.self, atMost: FieldLimits.metrics).map(\.family)
        var samples = Array(repeating: [MetricSample](), count: families.count)
        for found in try reader.list(of: WireSample.self, atMost: FieldLimits.metricSamples) {
            guard found.family < families.count, MetricReading.fits(found.sample, families[found.family]) else {
                throw .badNumber
            }
            samples[found.family].append(found.sample)
        }
        readings = zip(families, samples).map { MetricReading($0, $1) }
    }
}

/// The structure `metric`.
private struct WireFamily: WireValue {
    let family: MetricFamily

    init(_ family: MetricFamily) { self.family = family }

    func encode(to writer: inout WireWriter) {
        writer.u8(family.kind.rawValue)
        writer.u8(UInt8(family.decimals))
        writer.text(family.name, atMost: FieldLimits.displayName)
        writer.text(family.meaning, atMost: FieldLimits.line)
        writer.list(family.labels.map(WireText.init), atMost: FieldLimits.metricLabels)
        writer.list(family.bounds.map(WireNumber.init), atMost: FieldLimits.metricBuckets)
    }

    init(from reader: inout WireReader) throws(WireFault) {
        guard let kind = MetricKind(rawValue: try reader.u8()) else { throw .badNumber }
        let decimals = Int(try reader.u8())
        let name = try reader.text(atMost: FieldLimits.displayName)
        let meaning = try reader.text(atMost: FieldLimits.line)
        let labels = try reader.list(of: WireText.self, atMost: FieldLimits.metricLabels).map(\.text)
        let bounds = try reader.list(of: WireNumber.self, atMost: FieldLimits.metricBuckets).map(\.number)
        guard MetricFamily.isDeclarable(kind, name, labels: labels, decimals: decimals, bounds: bounds) else {
            throw .badNumber
        }
        family = MetricFamily(kind, name, meaning, labels: labels, decimals: decimals, bounds: bounds)
    }
}

/// The structure `sample`.
private struct WireSample: WireValue {
    let family: Int
    let sample: MetricSample

    init(family: Int, _ sample: MetricSample) {
        self.family = family
        self.sample = sample
    }

    func encode(to writer: inout WireWriter) {
        writer.u16(UInt16(family))
        writer.i64(Int64(sample.value))
        writer.list(sample.labels.map(WireText.init), atMost: FieldLimits.metricLabels)
        writer.list(sample.buckets.map(WireNumber.init), atMost: FieldLimits.metricBuckets)
    }

    init(from reader: inout WireReader) throws(WireFault) {
        family = Int(try reader.u16())
        let value = Int(try reader.i64())
        let labels = try reader.list(of: WireText.self, atMost: FieldLimits.metricLabels).map(\.text)
        let buckets = try reader.list(of: WireNumber.self, atMost: FieldLimits.metricBuckets).map(\.number)
        sample = MetricSample(value, labels: labels, buckets: buckets)
    }
}

/// The structure `metricText`.
private struct WireText: WireValue {
    let text: String

    init(_ text: String) { self.text = text }
    func encode(to writer: inout WireWriter) { writer.text(text, atMost: FieldLimits.displayName) }
    init(from reader: inout WireReader) throws(WireFault) { text = try reader.text(atMost: FieldLimits.displayName) }
}

/// The structure `metricNumber`.
private struct WireNumber: WireValue {
    let number: Int

    init(_ number: Int) { self.number = number }
    func encode(to writer: inout WireWriter) { writer.i64(Int64(number)) }
    init(from reader: inout WireReader) throws(WireFault) { number = Int(try reader.i64()) }
}
