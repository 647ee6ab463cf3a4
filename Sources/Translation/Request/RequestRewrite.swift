// RequestRewrite: the upstream body, spliced out of the client's.
//
// For: replacing the model's name and asking an OpenAI upstream for usage (X-25), with every other byte as it came, so that
//   the vendor's prompt cache still hits (R-21).
// Refuses: nothing; it edits only ranges that RequestSummary found.
// Called by: gatewayd for each attempt.

import JSON

/// At most two replacements in a request body.
public struct RequestRewrite: Sendable {
    private var splices: [Splice] = []

    /// One replaced stretch of the body.
    private struct Splice {
        let range: Range<Int>
        let bytes: [UInt8]
    }

    /// The rewrite for an upstream that knows the model as `upstreamModel`.
    ///
    /// With `asksForUsage`, an OpenAI stream request that does not ask for usage itself is made to. Leave it off for an
    /// upstream that rejects `stream_options` (X-26).
    public init(_ summary: RequestSummary, upstreamModel: String, asksForUsage: Bool) {
        if upstreamModel != summary.model {
            var quoted: [UInt8] = []
            JSONWriter.appendString(upstreamModel, to: &quoted)
            splices.append(Splice(range: summary.modelRange, bytes: quoted))
        }
        if asksForUsage, summary.dialect == .openai, summary.isStream, !summary.includesUsage {
            splices.append(Self.usageSplice(summary.streamOptions))
        }
        splices.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    private static func usageSplice(_ place: StreamOptionsPlace) -> Splice {
        switch place {
        case .absent(let end):
            Splice(range: end..<end, bytes: Array(#","stream_options":{"include_usage":true}"#.utf8))
        case .null(let range): Splice(range: range, bytes: Array(#"{"include_usage":true}"#.utf8))
        case .object(let start, let isEmpty):
            Splice(range: start..<start, bytes: Array((#""include_usage":true"# + (isEmpty ? "" : ",")).utf8))
        case .flag(let range): Splice(range: range, bytes: Array("true".utf8))
        }
    }

    /// Whether the body goes out as it came.
    public var isIdentity: Bool { splices.isEmpty }

    /// The length of the rewritten body of a body of `count` bytes.
    public func byteCount(ofBody count: Int) -> Int {
        splices.reduce(count) { $0 - $1.range.count + $1.bytes.count }
    }

    /// Appends the rewritten `body`, which must be the one the summary was read from.
    public func append(_ body: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        out.reserveCapacity(out.count + byteCount(ofBody: body.count))
        var next = 0
        for splice in splices {
            out.append(contentsOf: body[next..<splice.range.lowerBound])
            out.append(contentsOf: splice.bytes)
            next = splice.range.upperBound
        }
        out.append(contentsOf: body[next...])
    }
}
