// ConfigPrinter: effective values as canonical, commented YAML.
//
// For: `--print-config`. Defaults are written out and every setting carries its meaning, so that the output is a
// manual page of the running configuration. Reading the output back gives the same values, and printing those the
// same text.
// Refuses: to print secrets: a credential is printed as its reference.
// Called by: ConfigFile.

struct ConfigPrinter {
    private var lines: [String] = []

    /// Comment lines are filled up to this column.
    private static let width = 110

    static func text(_ values: ConfigValues, _ section: ConfigSection) -> String {
        var printer = ConfigPrinter()
        printer.section(values, section, "", commented: true)
        return printer.lines.joined(separator: "\n") + "\n"
    }

    private mutating func section(_ values: ConfigValues, _ section: ConfigSection, _ indent: String, commented: Bool) {
        for setting in section.settings {
            guard let value = values.values[setting.name] else { preconditionFailure("read values are complete") }
            if indent.isEmpty, !lines.isEmpty { lines.append("") }
            if commented { comment(setting.comment, indent) }
            if value.isAbsent {
                if commented { lines.append("\(indent)# \(setting.name): not set") }
            } else {
                entry(setting.name, value, setting.shape, indent, commented: commented)
            }
        }
        for entry in values.foreign {
            if indent.isEmpty, !lines.isEmpty { lines.append("") }
            if indent.isEmpty { comment("Read by another daemon; as written.", indent) }
            written(entry, indent)
        }
    }

    private mutating func entry(
        _ name: String, _ value: ConfigValue, _ shape: ConfigShape, _ indent: String, commented: Bool
    ) {
        let key = indent + YAMLText.scalar(name) + ":"
        switch (value.content, shape) {
        case (.list(let items), .list(let item, _, _)):
            guard !items.isEmpty else { return lines.append("\(key) []") }
            lines.append(key)
            for (index, value) in items.enumerated() {
                listItem(value, item, indent + "  ", commented: commented && index == 0)
            }
        case (.map(let entries), .map(_, let item, _)):
            guard !entries.isEmpty else { return lines.append("\(key) {}") }
            lines.append(key)
            for (index, named) in entries.enumerated() {
                entry(named.name, named.value, item, indent + "  ", commented: commented && index == 0)
            }
        case (.section(let values), .section(let section)):
            let before = lines.count
            lines.append(key)
            self.section(values, section, indent + "  ", commented: commented)
            if lines[(before + 1)...].allSatisfy({ $0.drop { $0 == " " }.hasPrefix("#") }) {
                lines[before] = "\(key) {}"
            }
        default: lines.append("\(key) \(inline(value))")
        }
    }

    /// The first line of an item carries the dash; the rest lines up under it.
    private mutating func listItem(_ value: ConfigValue, _ shape: ConfigShape, _ indent: String, commented: Bool) {
        guard case (.section(let values), .section(let section)) = (value.content, shape) else {
            return lines.append("\(indent)- \(inline(value))")
        }
        var inner = ConfigPrinter()
        inner.section(values, section, indent + "  ", commented: commented)
        var dashed = false
        for line in inner.lines {
            let isComment = line.drop { $0 == " " }.hasPrefix("#")
            let text = line.dropFirst(indent.count + 2)
            lines.append(dashed ? line : isComment ? "\(indent)\(text)" : "\(indent)- \(text)")
            if !isComment { dashed = true }
        }
        if !dashed { lines.append("\(indent)- {}") }
    }

    private func inline(_ value: ConfigValue) -> String {
        switch value.content {
        case .text(let text): YAMLText.scalar(text)
        case .credential(.none): "none"
        case .credential(.file(let path)): "{file: \(YAMLText.scalar(path))}"
        case .credential(.systemd(let name)): "{systemd: \(YAMLText.scalar(name))}"
        case .absent, .list, .section, .map: preconditionFailure("structures are printed over several lines")
        }
    }

    private mutating func comment(_ text: String, _ indent: String) {
        var line = indent + "#"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > Self.width, line.count > indent.count + 1 {
                lines.append(line)
                line = indent + "#"
            }
            line += " \(word)"
        }
        lines.append(line)
    }

    private mutating func written(_ entry: ConfigEntry, _ indent: String) {
        let key = indent + YAMLText.scalar(entry.key) + ":"
        switch entry.value.content {
        case .scalar(let text, let quoted):
            lines.append(entry.value.isEmpty ? key : "\(key) \(YAMLText.scalar(text, quoted: quoted))")
        case .mapping(let entries) where !entries.isEmpty:
            lines.append(key)
            for entry in entries { written(entry, indent + "  ") }
        case .mapping, .list: lines.append("\(key) \(YAMLText.flow(entry.value))")
        }
    }
}

/// YAML scalars and flow collections as text.
enum YAMLText {
    /// `text` plain where that is unmistakable, in double quotes otherwise. `quoted` forces quotes.
    static func scalar(_ text: String, quoted: Bool = false) -> String {
        quoted || !isPlain(text) ? "\"\(text.unicodeScalars.map(escaped).joined())\"" : text
    }

    /// A value on one line.
    static func flow(_ node: ConfigNode) -> String {
        switch node.content {
        case .scalar(let text, let quoted): node.isEmpty ? "~" : scalar(text, quoted: quoted)
        case .list(let items): "[" + items.map(flow).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{" + entries.map { "\(scalar($0.key)): \(flow($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// Letters and digits with `. _ / + - :` between them: no YAML indicator, no space, no word that means nothing.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, !ConfigNode.emptyWords.contains(text) else {
            return false
        }
        guard isWord(first) || first == 0x2F || first == 0x2E, last != UInt8(ascii: ":") else { return false }
        return text.utf8.contains(where: isWord) && text.utf8.allSatisfy { isWord($0) || "._/+-:".utf8.contains($0) }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        default:
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                ? "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16) : String(scalar)
        }
    }
}
