// AnswerBytes: appending what an event is made of, without a String on the way.
//
// For: the machines that write events; their texts are slices of the upstream's, spelled as they came.
// Refuses: nothing; what is put between quotes is the caller's word.
// Called by: the streams and completions of both directions.

import JSON

extension [UInt8] {
    /// A fixed text.
    @inline(__always)
    mutating func put(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A received string without its quotes, as it was spelled.
    @inline(__always)
    mutating func put(_ text: JSONText) { append(contentsOf: text.spelling) }

    /// A count or an index.
    @inline(__always)
    mutating func put(_ number: Int) {
        if (0..<10).contains(number) {
            append(UInt8(ascii: "0") + UInt8(number))
        } else {
            append(contentsOf: String(number).utf8)
        }
    }

    /// A count of tokens.
    mutating func put(_ number: Int64) { put(Int(number)) }

    /// `text` as the inside of a JSON string.
    mutating func put(escaping text: [UInt8]) {
        text.withUnsafeBytes { JSONWriter.appendEscaped($0, to: &self) }
    }

    /// The inside of a JSON string that holds `text`.
    init(escaping text: String) {
        self = []
        put(escaping: Array(text.utf8))
    }
}

/// Names an answer goes by on both sides.
enum AnswerNames {
    /// Most bytes of an upstream's id, or of a tool's name, that are taken over; vendors' have some tens, the longest seen 200.
    static let longestID = 4096

    /// The upstream's id with the prefix of the client's dialect, or one made of the request's; spelled for a JSON string.
    static func id(_ upstream: JSONText?, prefix: StaticString, requestID: String) -> [UInt8] {
        var id: [UInt8] = []
        guard let upstream, !upstream.isEmpty, upstream.spelling.count <= longestID else {
            id.put(prefix)
            return id + [UInt8](escaping: requestID)
        }
        let hasPrefix = prefix.withUTF8Buffer { upstream.spelling.starts(with: $0) }
        if !hasPrefix { id.put(prefix) }
        id.put(upstream)
        return id
    }

    /// A tool's name as the client knows it, spelled for a JSON string.
    static func tool(_ name: [UInt8], _ names: ToolNameMap) -> [UInt8] {
        guard !names.isEmpty else { return name }
        let quoted = [UInt8(ascii: "\"")] + name + [UInt8(ascii: "\"")]
        let decoded = quoted.withUnsafeBytes { bytes -> [UInt8] in
            var scanner = JSONScanner(bytes)
            var decoded: [UInt8] = []
            if let text = try? scanner.text() { text.decode(into: &decoded) }
            return decoded
        }
        let original = names.original(of: decoded)
        guard original != decoded else { return name }
        var spelled: [UInt8] = []
        spelled.put(escaping: original)
        return spelled
    }
}

extension JSONScanner {
    /// The string that comes next; anything else is passed over.
    @inline(__always)
    mutating func textOrSkip() throws(JSONFault) -> JSONText? {
        if try peek() == .string { return try text() }
        try skip()
        return nil
    }
}
