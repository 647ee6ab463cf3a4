// RequestHead: what a handler may read of a request's head.
//
// For: routing and header look-ups on the bytes as received; text is made only when asked for.
// Refuses: percent-decoding and path normalising: routes are compared byte by byte, so that "/v1/../x" is just unknown.
// Called by: HTTPExchange carries one, handlers read it.

internal import NIOCore

/// Method, target, version and fields of one request.
public struct RequestHead: Sendable {
    var line = RequestLine()
    /// The header fields.
    public internal(set) var fields = FieldTable()

    init() {}

    /// The method; `.other` when it has no case.
    public var method: RequestMethod { line.method }
    /// The method as sent.
    public var methodText: String { text(line.methodText) }
    /// HTTP/1.0 or HTTP/1.1.
    public var version: HTTPVersion { line.version }
    /// The path as sent, not decoded, without query: "/v1/messages".
    public var pathText: String { withPath { String(decoding: $0, as: UTF8.self) } }
    /// What follows the `?`, not decoded; `nil` when there is none.
    public var queryText: String? { line.query.map(text) }

    /// The path's bytes during `body`. "/" when the target was absolute and had none; "*" for `OPTIONS *`.
    @inline(__always)
    public func withPath<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        if line.path.isEmpty { return try withUnsafeBytes(of: ByteClass.slash, body) }
        return try fields.bytes.withUnsafeReadableBytes { try body(UnsafeRawBufferPointer(rebasing: $0[line.path])) }
    }

    /// The query's bytes during `body`, without the `?`; `nil` when there is none.
    public func withQuery<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
        guard let query = line.query else { return nil }
        return try fields.bytes.withUnsafeReadableBytes { try body(UnsafeRawBufferPointer(rebasing: $0[query])) }
    }

    /// Path and query together during `body`, as they would be forwarded (origin-form).
    public func withTarget<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        if line.path.isEmpty, line.query == nil { return try withUnsafeBytes(of: ByteClass.slash, body) }
        let end = line.query?.upperBound ?? line.path.upperBound
        return try fields.bytes.withUnsafeReadableBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[line.path.lowerBound..<end]))
        }
    }

    /// Whether the path is exactly `path`, case-sensitively.
    @inline(__always)
    public func pathEquals(_ path: StaticString) -> Bool {
        withPath { $0.count == path.utf8CodeUnitCount && $0.starts(with: path) }
    }

    /// Whether the path begins with `prefix`, case-sensitively.
    @inline(__always)
    public func pathHasPrefix(_ prefix: StaticString) -> Bool { withPath { $0.starts(with: prefix) } }

    /// The target's bytes, for a handler that must answer a refusal in the caller's dialect.
    var targetBytes: ByteBuffer? {
        fields.bytes.getSlice(at: fields.bytes.readerIndex + line.target.lowerBound, length: line.target.count)
    }

    private func text(_ range: Range<Int>) -> String {
        fields.bytes.withUnsafeReadableBytes { String(decoding: $0[range], as: UTF8.self) }
    }

    mutating func removeAll() {
        line = RequestLine()
        fields.removeAll()
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        let expected = text.utf8Start
        for index in 0..<text.utf8CodeUnitCount where self[index] != expected[index] { return false }
        return true
    }
}
