// Exposition: readings as the text that Prometheus scrapes, format 0.0.4.
//
// For: gatewayd's page and `weirctl metrics`.
// Refuses: nothing; what would break a line is escaped as the format says.
// Called by: gatewayd, weirctl. Pure.

/// One line of a page: a value under its full name.
public struct ExposedValue: Hashable, Sendable {
    /// The family's name, for histograms with `_bucket`, `_sum` or `_count`.
    public let name: String
    /// `surface="openai",status="200"`; empty without labels.
    public let labels: String
    /// An exact decimal number.
    public let value: String
}

/// The text format 0.0.4.
public enum Exposition {
    /// What a page of this text is served as.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page: HELP, TYPE and the values of each metric, in the order given.
    public static func text(_ readings: [MetricReading]) -> String {
        var page = ""
        for reading in readings {
            let family = reading.family
            page += "# HELP \(family.name) \(escaped(family.meaning, quotes: false))\n"
            page += "# TYPE \(family.name) \(family.kind.name)\n"
            for line in values(of: reading) {
                page += line.labels.isEmpty ? "\(line.name) " : "\(line.name){\(line.labels)} "
                page += line.value
                page += "\n"
            }
        }
        return page
    }

    /// The values of one metric, a histogram's buckets added up from below.
    public static func values(of reading: MetricReading) -> [ExposedValue] {
        let family = reading.family
        return reading.samples.flatMap { sample -> [ExposedValue] in
            let labels = zip(family.labels, sample.labels).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
                .joined(separator: ",")
            let value = decimal(sample.value, family.decimals)
            guard family.kind == .histogram else {
                return [ExposedValue(name: family.name, labels: labels, value: value)]
            }
            let count = sample.buckets.reduce(0, &+)
            return buckets(sample, family, labels) + [
                ExposedValue(name: family.name + "_sum", labels: labels, value: value),
                ExposedValue(name: family.name + "_count", labels: labels, value: "\(count)"),
            ]
        }
    }

    private static func buckets(
        _ sample: MetricSample, _ family: MetricFamily, _ labels: String
    ) -> [ExposedValue] {
        var count = 0
        let bounds = family.bounds.map { decimal($0, family.decimals) } + ["+Inf"]
        return zip(bounds, sample.buckets).map { bound, inside in
            count &+= inside
            let own = "le=\"\(bound)\""
            return ExposedValue(
                name: family.name + "_bucket", labels: labels.isEmpty ? own : labels + "," + own, value: "\(count)")
        }
    }

    /// `value` of 10 to the power of −decimals as a decimal number, without zeros at its end.
    static func decimal(_ value: Int, _ decimals: Int) -> String {
        guard decimals > 0 else { return "\(value)" }
        var digits = "\(value.magnitude)"
        digits = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
        var fraction = digits.suffix(decimals)
        while fraction.last == "0" { fraction.removeLast() }
        let whole = (value < 0 ? "-" : "") + digits.dropLast(decimals)
        return fraction.isEmpty ? whole : whole + "." + fraction
    }

    /// Backslashes and line feeds, and in label values quotes, as the format escapes them.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
