// HeadLimits: how large the head of a message, its parts and the framing of its body may be.
//
// For: bounding what a peer can make us keep before anything is known about it.
// Refuses: nothing itself; the parsers compare against it.
// Called by: ServerConfiguration and PoolConfiguration, which carry one each.

/// Bounds on heads and chunk framing.
public struct HeadLimits: Hashable, Sendable {
    /// Bytes of start line and fields, final empty line included. Claude Code's beta headers, cookies and long bearer
    /// tokens stay below 16 KiB; nginx allows 32 KiB (4 × 8k), so do we.
    public var headBytesMax = 32 * 1024
    /// Bytes of the request target. 8 KiB is nginx's and the smallest that RFC 9112 §3 recommends.
    public var targetBytesMax = 8 * 1024
    /// Fields in one head. SDKs send 15 to 30; 100 is what nginx and Go's clients were measured never to reach.
    public var fieldsMax = 100

    /// The defaults above.
    public init() {}

    /// Method, two spaces, version and CRLF around the longest target: what may pass without a line feed before a 414.
    var requestLineBytesMax: Int { targetBytesMax + RequestLine.methodBytesMax + 12 }
    /// Empty lines tolerated before a request line (RFC 9112 §2.2 asks for at least one; some clients send two).
    static let leadingEmptyLinesMax = 2
    /// Bytes of chunk extensions in one body. Nobody uses them; unbounded they are free traffic (CVE-2023-39326).
    static let chunkExtensionBytesMax = 1024
    /// Bytes of trailer fields after one body.
    static let trailerBytesMax = 8 * 1024
    /// Digits of a chunk size: 16 would be 64 bits; 15 keeps the number positive.
    static let chunkSizeDigitsMax = 15
    /// 1xx answers skipped before the real one. One is common (100, 103); five is a peer playing.
    static let interimResponsesMax = 5
}
