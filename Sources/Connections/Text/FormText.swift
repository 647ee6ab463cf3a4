// FormText: names and values as they stand in forms and in queries.
//
// For: token requests and answers (application/x-www-form-urlencoded, URL Standard §5), queries of URLs.
// Refuses: to read escapes that are none, text that is not UTF-8, and more pairs than `mostPairs`.
// Called by: the OAuth flow, the agent API's requests.

/// A name and its value.
public struct FormPair: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

/// Writes and reads pairs.
public enum FormText {
    /// The most pairs of one form or query. Vendors' token answers have up to 15, their callbacks up to 8.
    public static let mostPairs = 64

    /// Appends `name=value`, after `&` when something stands before, as the body of a form: a space becomes `+`.
    public static func append(_ name: String, _ value: some Collection<UInt8>, to body: inout [UInt8]) {
        if !body.isEmpty { body.append(UInt8(ascii: "&")) }
        escapeForm(name.utf8, to: &body)
        body.append(UInt8(ascii: "="))
        escapeForm(value, to: &body)
    }

    /// A value alone, as a form has it.
    static func value(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        escapeForm(bytes, to: &out)
        return out
    }

    /// The bytes of a form that holds `pairs`.
    public static func body(_ pairs: [FormPair]) -> [UInt8] {
        var body: [UInt8] = []
        for pair in pairs { append(pair.name, pair.value.utf8, to: &body) }
        return body
    }

    /// Pairs as a URL's query, where a space is `%20`: some servers take a `+` there for a plus.
    public static func query(_ pairs: [FormPair]) -> String {
        var out: [UInt8] = []
        for pair in pairs {
            if !out.isEmpty { out.append(UInt8(ascii: "&")) }
            escapeComponent(pair.name.utf8, to: &out)
            out.append(UInt8(ascii: "="))
            escapeComponent(pair.value.utf8, to: &out)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// `text` as a part of a URL: everything but unreserved characters is escaped.
    static func component(_ text: String) -> String {
        var out: [UInt8] = []
        escapeComponent(text.utf8, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Reads a form or a query. `+` is a space; empty parts between `&` are passed over; a part without `=` has an
    /// empty value.
    public static func pairs(_ bytes: some Collection<UInt8>) throws(GrammarFault) -> [FormPair] {
        var pairs: [FormPair] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < mostPairs else { throw GrammarFault("more than \(mostPairs) parameters") }
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try decoded(part[..<equals])
            let value = equals < part.endIndex ? try decoded(part[part.index(after: equals)...]) : ""
            pairs.append(FormPair(name, value))
        }
        return pairs
    }

    private static func escapeForm(_ bytes: some Sequence<UInt8>, to out: inout [UInt8]) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: " "): out.append(UInt8(ascii: "+"))
            case UInt8(ascii: "*"): out.append(byte)
            case UInt8(ascii: "~"): ByteGrammar.appendEscape(byte, to: &out)
            default: escapeUnlessUnreserved(byte, to: &out)
            }
        }
    }

    /// Appends every byte that is not unreserved (RFC 3986 §2.3) as `%XX`.
    static func escapeComponent(_ bytes: some Sequence<UInt8>, to out: inout [UInt8]) {
        for byte in bytes { escapeUnlessUnreserved(byte, to: &out) }
    }

    private static func escapeUnlessUnreserved(_ byte: UInt8, to out: inout [UInt8]) {
        if ByteGrammar.isUnreserved(byte) {
            out.append(byte)
        } else {
            ByteGrammar.appendEscape(byte, to: &out)
        }
    }

    private static func decoded(_ bytes: some Collection<UInt8>) throws(GrammarFault) -> String {
        var out: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            if byte != UInt8(ascii: "%") {
                out.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            guard let high = rest.next().flatMap(ByteGrammar.hexValue),
                let low = rest.next().flatMap(ByteGrammar.hexValue)
            else { throw GrammarFault("a % without two hexadecimal digits") }
            out.append(high << 4 | low)
        }
        guard let text = String(validating: out, as: UTF8.self) else { throw GrammarFault("not UTF-8 when decoded") }
        return text
    }
}
