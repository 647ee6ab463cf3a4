// The text format: every line that Prometheus reads, letter by letter.

import Testing

@testable import Metrics

@Suite struct ExpositionTests {
    private let requests = MetricFamily.counter("weir_requests_total", "Requests.", labels: ["surface", "status"])
    private let time = MetricFamily.histogram("weir_time_seconds", "Time.", decimals: 3, bounds: [5, 100, 2500])

    @Test func counter_withLabels_isHelpTypeAndALinePerSeries() {
        let reading = MetricReading(
            requests,
            [MetricSample(7, labels: ["openai", "200"]), MetricSample(1, labels: ["anthropic", "502"])])
        #expect(
            Exposition.text([reading]) == """
                # HELP weir_requests_total Requests.
                # TYPE weir_requests_total counter
                weir_requests_total{surface="openai",status="200"} 7
                weir_requests_total{surface="anthropic",status="502"} 1

                """)
    }

    @Test func metric_withoutSeries_isHelpAndTypeAlone() {
        #expect(
            Exposition.text([MetricReading(requests, [])])
                == "# HELP weir_requests_total Requests.\n# TYPE weir_requests_total counter\n")
    }

    @Test func histogram_isAddedUpFromBelowWithSumAndCount() {
        let reading = MetricReading(time, [MetricSample(2643, buckets: [2, 1, 0, 4])])
        #expect(
            Exposition.text([reading]) == """
                # HELP weir_time_seconds Time.
                # TYPE weir_time_seconds histogram
                weir_time_seconds_bucket{le="0.005"} 2
                weir_time_seconds_bucket{le="0.1"} 3
                weir_time_seconds_bucket{le="2.5"} 3
                weir_time_seconds_bucket{le="+Inf"} 7
                weir_time_seconds_sum 2.643
                weir_time_seconds_count 7

                """)
    }

    @Test func histogram_withLabels_keepsThemBeforeItsBounds() {
        let family = MetricFamily.histogram("t", "T.", labels: ["a"], bounds: [1])
        let lines = Exposition.values(of: MetricReading(family, [MetricSample(3, labels: ["x"], buckets: [1, 1])]))
        #expect(
            lines.map { "\($0.name){\($0.labels)}" } == [
                "t_bucket{a=\"x\",le=\"1\"}", "t_bucket{a=\"x\",le=\"+Inf\"}", "t_sum{a=\"x\"}", "t_count{a=\"x\"}",
            ])
    }

    @Test func valuesAndMeanings_thatWouldBreakALine_areEscaped() {
        let family = MetricFamily.gauge("g", "One\nline \\ \"quoted\".", labels: ["model"])
        let text = Exposition.text([MetricReading(family, [MetricSample(1, labels: ["a\"b\\c\nd"])])])
        #expect(
            text == "# HELP g One\\nline \\\\ \"quoted\".\n# TYPE g gauge\ng{model=\"a\\\"b\\\\c\\nd\"} 1\n")
    }

    @Test(arguments: [
        (0, 0, "0"), (12, 0, "12"), (0, 6, "0"), (1, 6, "0.000001"), (1_500_000, 6, "1.5"),
        (12_345_678, 6, "12.345678"),
        (-250_000, 6, "-0.25"), (-3_000_000, 6, "-3"), (Int.max, 6, "9223372036854.775807"),
        (Int.min, 0, "-9223372036854775808"), (Int.min, 6, "-9223372036854.775808"), (100, 3, "0.1"),
    ])
    func decimals_areExact(value: Int, decimals: Int, text: String) {
        #expect(Exposition.decimal(value, decimals) == text)
    }
}

@Suite struct MetricReadingTests {
    @Test func sources_thatTellTheSameMetric_areOneMetric() {
        let up = MetricFamily.gauge("up", "Up.", labels: ["daemon"])
        let own = MetricFamily.counter("own_total", "Own.")
        let merged = MetricReading.merged([
            MetricReading(up, [MetricSample(1, labels: ["a"])]), MetricReading(own, 5),
            MetricReading(up, [MetricSample(0, labels: ["b"])]),
        ])
        #expect(merged.map(\.family.name) == ["up", "own_total"])
        #expect(merged[0].samples.map(\.labels) == [["a"], ["b"]])
    }

    @Test func metric_thatAnotherReleaseExplainsOtherwise_isTheSame() {
        let old = MetricReading(.counter("n_total", "Old words."), 1)
        let new = MetricReading(.counter("n_total", "New words."), 2)
        #expect(MetricReading.merged([old, new]).flatMap(\.samples).map(\.value) == [1, 2])
    }

    @Test func metric_thatMeasuresOtherwise_isLeftOut() {
        let seconds = MetricReading(.gauge("n", "N.", decimals: 3), 1)
        let micros = MetricReading(.gauge("n", "N.", decimals: 6), 2)
        #expect(MetricReading.merged([seconds, micros]) == [seconds])
    }
}

@Suite struct BucketCountsTests {
    @Test(arguments: [(-1, 0), (0, 0), (10, 0), (11, 1), (20, 1), (21, 2), (Int.max, 2)])
    func value_onABound_isBelowIt(value: Int, place: Int) {
        #expect(BucketCounts.place(of: value, in: [10, 20]) == place)
    }

    @Test func counts_andSum_addUp() {
        var counts = BucketCounts(bounds: [10, 20])
        for value in [1, 10, 15, 1000] { counts.add(value, bounds: [10, 20]) }
        #expect(counts.counts == [2, 1, 1])
        #expect(counts.sum == 1026)
        counts.add(.max, bounds: [10, 20])
        #expect(counts.sum == .max)
    }
}

@Suite struct MetricFamilyTests {
    @Test(arguments: [
        ("weir_requests_total", true), ("process_cpu_seconds_total", true), ("a2", true), ("2a", false), ("", false),
        ("Weir", false), ("a-b", false), ("a b", false), ("ä", false),
    ])
    func names_areThoseOfPrometheus(name: String, isName: Bool) {
        #expect(MetricFamily.isDeclarable(.counter, name, labels: [], decimals: 0, bounds: []) == isName)
        #expect(MetricFamily.isDeclarable(.counter, "n", labels: [name], decimals: 0, bounds: []) == isName)
    }

    @Test func bounds_ascendAndBelongToHistograms() {
        func isDeclarable(_ kind: MetricKind, _ bounds: [Int]) -> Bool {
            MetricFamily.isDeclarable(kind, "n", labels: [], decimals: 0, bounds: bounds)
        }
        #expect(isDeclarable(.histogram, [1, 2]))
        #expect(!isDeclarable(.histogram, []))
        #expect(!isDeclarable(.histogram, [2, 2]))
        #expect(!isDeclarable(.gauge, [1]))
    }
}
