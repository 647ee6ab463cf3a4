// DocumentCodec: an encoder that knows nothing but docs/PROTOCOL.md.
//
// For: proof that the document suffices. It reads the field tables and the values of a vector and writes bytes by the
// table "Types"; the stranger that the document is written for would do the same.

/// Encodes the values of a vector by the field table of its message.
struct DocumentCodec {
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    let document: ProtocolDocument
    private var values: [String: String] = [:]
    private var bytes: [UInt8] = []

    init(_ document: ProtocolDocument) { self.document = document }

    /// The bytes of `vector`, whose fields are those of `table`.
    static func encode(
        _ vector: ProtocolDocument.Vector, _ table: ProtocolDocument.Table, _ document: ProtocolDocument
    ) throws -> [UInt8] {
        var codec = DocumentCodec(document)
        for line in vector.lines { codec.values[line.field] = line.value }
        try codec.fields(table, prefix: "")
        return codec.bytes
    }

    private mutating func fields(_ table: ProtocolDocument.Table, prefix: String) throws {
        for row in table.rows { try field(prefix + row[0], row[1]) }
    }

    private mutating func field(_ path: String, _ type: String) throws {
        if type == "usage" { return try structure("usage", prefix: path + ".") }
        guard let value = values[path] else { throw Mistake(description: "the vector has no \(path)") }
        try put(value, type, path)
    }

    private mutating func put(_ value: String, _ type: String, _ path: String) throws {
        let words = type.split(separator: " ").map(String.init)
        switch words[0] {
        case "u8", "flag", "policy", "movement", "side", "grouping", "metricKind", "credentialKind",
            "accountState", "credentialPhase":
            try integer(value, 1)
        case "u16", "outcome", "holdOutcome", "adminOutcome", "tokenOutcome": try integer(value, 2)
        case "u32", "scopes": try integer(value, 4)
        case "u64", "i64", "micros", "time": try integer(value, 8)
        case "micros?": try integer(value == "none" ? "-1" : value, 8)
        case "time?": try integer(value == "none" ? "0" : value, 8)
        case "text", "tenant", "tenant?", "key", "key?", "provider", "provider?", "account", "account?": text(value)
        case "bytes": blob(hexBytes(String(value.dropFirst(2))))
        case "reference", "reference?": reference(value)
        case "request": bytes += hexBytes(String(value.dropFirst(2))).reversed()
        case "limits?": try optionalLimits(value, path)
        case "change": try change(value, words.dropFirst().joined(separator: " "), path)
        case "list": try list(value, words[1], path)
        default: throw Mistake(description: "the document does not say what a \(type) is")
        }
    }

    private mutating func structure(_ name: String, prefix: String) throws {
        guard let table = document.table("structure " + name) else {
            throw Mistake(description: "no structure \(name)")
        }
        try fields(table, prefix: prefix)
    }

    private mutating func integer(_ text: String, _ size: Int) throws {
        let number = text.hasPrefix("0x") ? Int128(text.dropFirst(2), radix: 16) : Int128(text)
        guard let number else { throw Mistake(description: "\(text) is no number") }
        let bits = UInt64(truncatingIfNeeded: number)
        for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))) }
    }

    private mutating func text(_ value: String) {
        let inner = value == "none" ? "" : value.dropFirst().dropLast().replacing("\\\"", with: "\"")
        bytes += [UInt8(inner.utf8.count & 0xFF), UInt8(inner.utf8.count >> 8)] + Array(inner.utf8)
    }

    private mutating func blob(_ inner: [UInt8]) {
        bytes += [UInt8(inner.count & 0xFF), UInt8(inner.count >> 8)] + inner
    }

    private mutating func reference(_ value: String) {
        var inner: [UInt8] = []
        if value.hasPrefix("0x") { inner = hexBytes(String(value.dropFirst(2))) }
        if value.hasPrefix("\"") { inner = Array(value.dropFirst().dropLast().utf8) }
        bytes += [UInt8(inner.count)] + inner
    }

    private mutating func optionalLimits(_ value: String, _ path: String) throws {
        bytes.append(value == "none" ? 0 : 1)
        if value == "present" { try structure("limits", prefix: path + ".") }
    }

    private mutating func change(_ value: String, _ type: String, _ path: String) throws {
        bytes.append(value == "keep" ? 0 : 1)
        if value != "keep" { try put(String(value.dropFirst("set ".count)), type, path) }
    }

    private mutating func list(_ value: String, _ element: String, _ path: String) throws {
        let count = Int(value.prefix { $0.isNumber }) ?? 0
        bytes += [UInt8(count & 0xFF), UInt8(count >> 8)]
        for index in 0..<count {
            let start = bytes.count
            try structure(element, prefix: "\(path).\(index).")
            let length = bytes.count - start
            bytes.insert(contentsOf: [UInt8(length & 0xFF), UInt8(length >> 8)], at: start)
        }
    }
}
