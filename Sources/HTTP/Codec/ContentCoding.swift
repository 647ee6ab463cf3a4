// ContentCoding: how a body says it is compressed.
//
// For: deciding before the body is read whether it can be inflated here.
// Refuses: brotli, zstd, compress and lists of codings (415 on requests).
// Called by: RequestBody; gatewayd for upstream answers.

/// A Content-Encoding this module can take off.
public enum ContentCoding: Sendable {
    case identity
    /// gzip, x-gzip and deflate (zlib); told apart by their first bytes.
    case zlib

    /// What `fields` say; `nil` for a coding or a list of codings that is not supported.
    public init?(_ fields: FieldTable) {
        var found: ContentCoding? = .identity
        var seen = false
        fields.forEach { name, value in
            guard name.count == 16, name.equals("content-encoding", in: 0..<16) else { return }
            found = seen ? nil : Self.named(value)
            seen = true
        }
        guard let found else { return nil }
        self = found
    }

    private static func named(_ value: UnsafeRawBufferPointer) -> ContentCoding? {
        let all = 0..<value.count
        if value.isEmpty || value.equals("identity", in: all) { return .identity }
        if value.equals("gzip", in: all) || value.equals("x-gzip", in: all) || value.equals("deflate", in: all) {
            return .zlib
        }
        return nil
    }
}
