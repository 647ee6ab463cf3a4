// ProcessReadings: the process as the kernel sees it, and which build it is.
//
// For: metrics that every daemon has, under the names that dashboards for any process expect. A label says which daemon
// they are of, because both stand on one page.
// Refuses: nothing; what the kernel does not tell is 0.
// Called by: the daemons, when they are asked for their metrics. Takes some 0.1 ms: not for the request path.

import Glibc
public import Metrics

/// Metrics that every daemon has.
public enum ProcessReadings {
    private static let daemonLabel = ["daemon"]

    static let build = MetricFamily.gauge(
        "weir_build_info", "Always 1; its labels say which release runs.", labels: ["daemon", "version"])
    static let droppedLines = MetricFamily.counter(
        "weir_log_lines_dropped_total", "Log lines that were dropped because too many waited to be written.",
        labels: daemonLabel)
    static let processor = MetricFamily.counter(
        "process_cpu_seconds_total", "Processor time, user and system.", labels: daemonLabel, decimals: 6)
    static let resident = MetricFamily.gauge(
        "process_resident_memory_bytes", "Resident memory.", labels: daemonLabel)
    static let virtual = MetricFamily.gauge("process_virtual_memory_bytes", "Virtual memory.", labels: daemonLabel)
    static let descriptors = MetricFamily.gauge("process_open_fds", "Open file descriptors.", labels: daemonLabel)
    static let descriptorsMost = MetricFamily.gauge(
        "process_max_fds", "The most file descriptors the process may have.", labels: daemonLabel)
    static let start = MetricFamily.gauge(
        "process_start_time_seconds", "When the process started, in seconds since 1970.", labels: daemonLabel,
        decimals: 3)
    static let up = MetricFamily.gauge(
        "weir_up", "Whether the daemon answered when it was asked for its metrics.", labels: daemonLabel)

    /// What every daemon tells of itself.
    public static let families = [
        build, droppedLines, processor, resident, virtual, descriptors, descriptorsMost, start,
    ]
    /// What is told of daemons by who asked them.
    public static let askersFamilies = [up]

    /// This process now, as `daemon` that started at `startMillis` since 1970.
    public static func now(_ daemon: String, startMillis: Int64) -> [MetricReading] {
        let memory = memoryPages()
        let page = sysconf(Int32(_SC_PAGESIZE))
        let values = [
            (droppedLines, DaemonLog.droppedLines), (processor, processorMicros()), (resident, memory.resident * page),
            (virtual, memory.virtual * page), (descriptors, openDescriptors()), (descriptorsMost, mostDescriptors()),
            (start, Int(startMillis)),
        ]
        return [MetricReading(build, [MetricSample(1, labels: [daemon, WeirVersion.text])])]
            + values.map { MetricReading($0, [MetricSample($1, labels: [daemon])]) }
    }

    /// Whether each daemon answered.
    public static func up(_ daemons: [(name: String, isUp: Bool)]) -> MetricReading {
        MetricReading(up, daemons.map { MetricSample($0.isUp ? 1 : 0, labels: [$0.name]) })
    }

    private static func processorMicros() -> Int {
        var usage = rusage()
        guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return seconds * 1_000_000 + Int(usage.ru_utime.tv_usec) + Int(usage.ru_stime.tv_usec)
    }

    private static func memoryPages() -> (virtual: Int, resident: Int) {
        var text = [UInt8](repeating: 0, count: 128)
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return (0, 0) }
        defer { close(file) }
        let count = read(file, &text, text.count)
        let numbers = text.prefix(max(0, count)).split(separator: 0x20).map { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count >= 2, let virtual = numbers[0], let resident = numbers[1] else { return (0, 0) }
        return (virtual, resident)
    }

    /// The entries of /proc/self/fd, without those for the folder itself and its parent, and without the one that reads.
    private static func openDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        return max(0, entries - 3)
    }

    private static func mostDescriptors() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }
}
