// CallMessages: what makes a structure a question.
//
// For: clients and service tables, which pair every request with its number and its answer by type.
// Refuses: nothing; a request whose answer has another type does not compile.
// Called by: Messages/, Clients/, ServiceTable.

/// A question with one answer.
public protocol CallRequest: WireValue {
    associatedtype Answer: WireValue
    /// The number in the request frame.
    static var number: MessageNumber { get }
}

/// A question answered by a stream of items and an end.
public protocol StreamRequest: WireValue {
    associatedtype Item: WireValue
    associatedtype End: WireValue
    /// The number in the request frame.
    static var number: MessageNumber { get }
}

/// An answer without fields: that it came is all it says.
public struct EmptyAnswer: WireValue, Hashable {
    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The most bytes or elements a field may have. docs/PROTOCOL.md prints them beside each field.
public enum FieldLimits {
    /// A remark in the ledger.
    public static let note = 256
    /// A name for people, a model, a host, a label.
    public static let displayName = 128
    /// A key's name, a secret, a kind of error, a build.
    public static let shortName = 64
    /// What may be shown of a secret.
    public static let display = 32
    /// A key, token or password. With all else that goes with it, one is within `IPCLimits.streamItemBytes`.
    public static let secret = 12 << 10
    /// Scopes of an account, separated by spaces.
    public static let scopeList = 1024
    /// An account as a page token.
    public static let accountToken = 192
    /// An authorization code.
    public static let code = 2048
    /// The start of a hash, or the id of a vault key.
    public static let hashText = 16
    /// Facts about an account.
    public static let metadata = 8
    /// One line of explanation.
    public static let line = 512
    /// A page of explanation.
    public static let page = 4096
    /// Rows of a paged answer. 500 of the longest (about 500 bytes) fit a frame four times over.
    public static let pageRows = 500
    /// Rows of a page of errors, each up to 1.2 kB.
    public static let errorRows = 200
    /// Rows of a usage report.
    public static let usageRows = 1000
    /// Bytes of a file in one item of a stream: with its fields within `IPCLimits.streamItemBytes`.
    public static let chunk = 15 << 10
    /// Findings an audit reports; the first ones are enough to stop and look.
    public static let findings = 64
    /// Metrics of a daemon: a few times what each has.
    public static let metrics = 256
    /// Labels of one metric.
    public static let metricLabels = 8
    /// Buckets of one histogram.
    public static let metricBuckets = 32
    /// Series of all metrics together. gatewayd bounds its own so that the longest names fit a frame.
    public static let metricSamples = 16_384
}
