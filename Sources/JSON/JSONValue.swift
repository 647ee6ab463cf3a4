// JSONValue: a small tree that keeps the order of members, the text of numbers and duplicate keys.
//
// For: admin requests and answers, which are rare and small. Not for the request path.
// Refuses: what the scanner refuses, and strings that are not valid UTF-8.
// Called by: gatewayd's admin routes, weirctl, the demo upstream.

/// A JSON value in memory.
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// A number as it was written.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Members in the order of the text, duplicates included.
    case object([Member])

    /// A key and its value.
    public struct Member: Hashable, Sendable {
        public var key: String
        public var value: JSONValue

        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// An integer.
    public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }
}

extension JSONValue {
    /// Reads one whole text.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(bytes)
        self = try Self.read(&scanner)
        try scanner.finish()
    }

    /// Recursive; the scanner bounds the depth.
    private static func read(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONValue {
        switch try scanner.peek() {
        case .null:
            _ = try scanner.takeNull()
            return .null
        case .boolean: return .boolean(try scanner.boolean())
        case .number: return .number(String(decoding: try scanner.number().spelling, as: UTF8.self))
        case .string: return .string(try decoded(try scanner.text()))
        case .array: return .array(try elements(&scanner))
        case .object: return .object(try members(&scanner))
        }
    }

    private static func elements(_ scanner: inout JSONScanner) throws(JSONFault) -> [JSONValue] {
        var values: [JSONValue] = []
        try scanner.enterArray()
        while try scanner.nextElement() { values.append(try read(&scanner)) }
        return values
    }

    private static func members(_ scanner: inout JSONScanner) throws(JSONFault) -> [Member] {
        var members: [Member] = []
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            members.append(Member(try decoded(key), try read(&scanner)))
        }
        return members
    }

    private static func decoded(_ text: JSONText) throws(JSONFault) -> String {
        guard let string = text.string else { throw JSONFault(.unexpectedByte, at: text.start) }
        return string
    }
}

extension JSONValue {
    /// Appends the value as JSON text without white space.
    public func append(to out: inout [UInt8]) {
        JSONWriter.append(to: &out) { write(to: &$0) }
    }

    /// Writes the value where `writer` stands.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .boolean(let value): writer.boolean(value)
        case .number(let text):
            var text = text
            text.withUTF8 { writer.raw(UnsafeRawBufferPointer($0)) }
        case .string(let text): writer.string(text)
        case .array(let values): writer.array { for value in values { value.write(to: &$0) } }
        case .object(let members):
            writer.object {
                for member in members {
                    $0.key(member.key)
                    member.value.write(to: &$0)
                }
            }
        }
    }

    /// The last member of that key, as common parsers choose; `nil` when there is none or this is no object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    /// The text of a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The value of a number that is written as a plain integer within 64 bits.
    public var integer: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }

    /// The value of a boolean.
    public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

    /// The elements of an array.
    public var elements: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
}
