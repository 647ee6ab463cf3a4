// Query: the parameters behind a request's question mark.
//
// For: the few routes that take some.
// Refuses: integers that are none or out of bounds, with the parameter's name. Unknown parameters are left to the routes.
// Called by: Models, AccountEndpoints, ConnectionEndpoints, Admin.

import Translation

/// The parameters of one query, decoded when they are asked for. A repeated one counts as it came last.
struct Query {
    private let text: Substring.UTF8View

    /// `nil` is a path without a question mark.
    init(_ text: String?) { self.text = (text ?? "")[...].utf8 }

    /// The value of `name`, percent-decoded; `nil` when it is absent, `""` when it has none.
    subscript(name: String) -> String? {
        for pair in text.split(separator: UInt8(ascii: "&")).reversed() {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts.first, Self.decoded(key) == name else { continue }
            return parts.count > 1 ? Self.decoded(parts[1]) : ""
        }
        return nil
    }

    /// The parameters whose names are not among `known`, decoded, in their order.
    func others(than known: Set<String>) -> [(name: String, value: String)] {
        text.split(separator: UInt8(ascii: "&")).compactMap { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map { Self.decoded($0) } ?? ""
            guard !known.contains(name) else { return nil }
            return (name, parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The integer value of `name`, `nil` when it is absent.
    func integer<Value: FixedWidthInteger>(
        _ name: String, within bounds: ClosedRange<Value>
    ) throws(Refusal) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(text), bounds.contains(value) else {
            throw Refusal(
                .invalidRequest, "invalid_parameter",
                "\(name) must be an integer from \(bounds.lowerBound) to \(bounds.upperBound).", field: name)
        }
        return value
    }

    /// `%41` and `+` undone. A stray `%` stands for itself; bytes that are no UTF-8 become replacement characters.
    static func decoded(_ part: Substring.UTF8View.SubSequence) -> String {
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let value = hexadecimal(digits) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ digits: Substring.UTF8View.SubSequence) -> UInt8? {
        guard digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
