// TextTemplate: text with named gaps, such as `Bot {secret}` or `/repos/{owner}/{repo}`.
//
// For: everything of a provider's definition that depends on an account or on a request.
// Refuses: braces that do not belong together, names of other forms; there is no way to write a brace itself.
// Called by: provider definitions, header fields, action paths.

/// A text in which `{name}` stands for a value that is known later.
public struct TextTemplate: Hashable, Sendable, CustomStringConvertible {
    enum Part: Hashable {
        case text(String)
        case variable(String)
    }

    /// The template as it was written.
    public let description: String
    let parts: [Part]

    /// The longest template in bytes.
    public static let longest = 1024

    /// Names begin with a letter and go on with `a-z`, `0-9` and `_`.
    public init(_ text: String) throws(GrammarFault) {
        guard text.utf8.count <= Self.longest else { throw GrammarFault("longer than \(Self.longest) bytes") }
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw GrammarFault("a brace without its partner")
            }
            let name = String(rest[rest.index(after: open)..<close])
            guard Self.isName(name) else { throw GrammarFault("{\(name)} is no name of a-z, 0-9 and _") }
            parts.append(.variable(name))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
        description = text
    }

    /// Whether `text` can be a gap's name: 1 to 32 of `a-z 0-9 _`, beginning with a letter.
    public static func isName(_ text: String) -> Bool {
        guard (1...32).contains(text.utf8.count), let first = text.utf8.first, ByteGrammar.isLowercase(first) else {
            return false
        }
        return text.utf8.allSatisfy {
            ByteGrammar.isLowercase($0) || ByteGrammar.isDigit($0) || $0 == UInt8(ascii: "_")
        }
    }

    /// The names of the gaps, in order, as often as they occur.
    public var variables: [String] {
        parts.compactMap { part in
            if case .variable(let name) = part { name } else { nil }
        }
    }

    /// The text with every gap filled; `nil` when `value` does not know one.
    public func filled(_ value: (String) -> String?) -> String? {
        var out = ""
        for part in parts {
            switch part {
            case .text(let text): out += text
            case .variable(let name):
                guard let value = value(name) else { return nil }
                out += value
            }
        }
        return out
    }
}
