// NaiveReader: JSON a second time, as plainly as RFC 8259 can be written down.
//
// For: holding JSONScanner and JSONValue against an implementation that shares nothing with them.
// Called by: AgreementTests.

import JSON

/// A recursive reader over an array, one function for each rule of the grammar.
struct NaiveReader {
    struct Wrong: Error {}

    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0
    /// A string was not valid Unicode text; the grammar does not mind, JSONValue does.
    private(set) var hasBadText = false

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The value and whether all its strings are text; `nil` when the grammar is broken.
    static func read(_ bytes: [UInt8]) -> (value: JSONValue, isText: Bool)? {
        var reader = NaiveReader(bytes)
        guard let value = try? reader.element(), reader.at == bytes.count else { return nil }
        return (value, !reader.hasBadText)
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ wanted: Character) throws {
        guard next == wanted.asciiValue else { throw Wrong() }
        at += 1
    }

    private mutating func element() throws -> JSONValue {
        space()
        let value = try value()
        space()
        return value
    }

    private mutating func space() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    private mutating func value() throws -> JSONValue {
        switch next.map({ Character(Unicode.Scalar($0)) }) {
        case "{": return try object()
        case "[": return try array()
        case "\"": return .string(try string())
        case "t": return try word("true", .boolean(true))
        case "f": return try word("false", .boolean(false))
        case "n": return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
        for letter in word { try take(letter) }
        return value
    }

    private mutating func deeper<Value>(_ body: (inout NaiveReader) throws -> Value) throws -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 128 else { throw Wrong() }
        return try body(&self)
    }

    private mutating func object() throws -> JSONValue {
        try deeper { reader in
            var members: [JSONValue.Member] = []
            try reader.take("{")
            reader.space()
            if reader.next == UInt8(ascii: "}") {
                reader.at += 1
                return .object([])
            }
            while true {
                reader.space()
                let key = try reader.string()
                reader.space()
                try reader.take(":")
                members.append(.init(key, try reader.element()))
                if reader.next == UInt8(ascii: "}") { break }
                try reader.take(",")
            }
            reader.at += 1
            return .object(members)
        }
    }

    private mutating func array() throws -> JSONValue {
        try deeper { reader in
            var values: [JSONValue] = []
            try reader.take("[")
            reader.space()
            if reader.next == UInt8(ascii: "]") {
                reader.at += 1
                return .array([])
            }
            while true {
                values.append(try reader.element())
                if reader.next == UInt8(ascii: "]") { break }
                try reader.take(",")
            }
            reader.at += 1
            return .array(values)
        }
    }

    private mutating func string() throws -> String {
        try take("\"")
        var units: [UInt16] = []
        var raw: [UInt8] = []
        var pieces: [String] = []
        func flush(_ reader: inout NaiveReader) {
            if let text = String(validating: raw, as: UTF8.self) {
                pieces.append(text)
            } else {
                reader.hasBadText = true
            }
            if let text = String(validating: units, as: UTF16.self) {
                pieces.append(text)
            } else {
                reader.hasBadText = true
            }
            raw = []
            units = []
        }
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Wrong() }
            at += 1
            if byte == UInt8(ascii: "\\") {
                if units.isEmpty, !raw.isEmpty { flush(&self) }
                units.append(try escape())
            } else {
                if !units.isEmpty { flush(&self) }
                raw.append(byte)
            }
        }
        try take("\"")
        flush(&self)
        return pieces.joined()
    }

    private mutating func escape() throws -> UInt16 {
        guard let letter = next else { throw Wrong() }
        at += 1
        switch Character(Unicode.Scalar(letter)) {
        case "\"", "\\", "/": return UInt16(letter)
        case "b": return 8
        case "f": return 12
        case "n": return 10
        case "r": return 13
        case "t": return 9
        case "u":
            let digits = bytes[at..<min(at + 4, bytes.count)]
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }),
                let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw Wrong() }
            at += 4
            return unit
        default: throw Wrong()
        }
    }

    private mutating func number() throws -> String {
        let start = at
        if next == UInt8(ascii: "-") { at += 1 }
        if next == UInt8(ascii: "0") { at += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            at += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func digits() throws {
        let start = at
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
        guard at > start else { throw Wrong() }
    }
}
