// ConfigReference: a file's declaration as a table of every key.
//
// For: docs/CONFIGURATION.md, which tests compare with it, so that the document can neither miss a key nor tell an
// old default.
// Refuses: nothing.
// Called by: the tests of the daemons' configurations.

/// One key that may be written.
public struct ConfigReferenceRow: Hashable, Sendable {
    /// `providers.NAME.base_url`; `NAME` stands for a name of the operator's choice, `[]` for any item of a list.
    public let path: String
    /// What may be written.
    public let form: String
    /// What holds when it is left out: a value, `required` or `–`.
    public let fallback: String
    /// What it means.
    public let meaning: String

    /// As a row of a Markdown table.
    public var markdown: String {
        "| `\(path)` | \(form) | \(fallback) | \(meaning) |".replacing("\n", with: " ")
    }
}

/// Walks declarations.
public enum ConfigReference {
    /// Every key of `section`, in the order of declaration, each section before its own keys.
    public static func rows(_ section: ConfigSection, path: String = "") -> [ConfigReferenceRow] {
        section.settings.flatMap { setting in
            let own = path.isEmpty ? setting.name : "\(path).\(setting.name)"
            return [row(setting, own)] + inner(setting.shape, own)
        }
    }

    private static func inner(_ shape: ConfigShape, _ path: String) -> [ConfigReferenceRow] {
        switch shape {
        case .scalar, .credential: []
        case .list(let item, _, _): inner(item, "\(path)[]")
        case .section(let section): rows(section, path: path)
        case .map(_, let item, _): inner(item, "\(path).NAME")
        }
    }

    private static func row(_ setting: SettingDeclaration, _ path: String) -> ConfigReferenceRow {
        let fallback =
            switch setting.fallback {
            case .required: "required"
            case .absent: "–"
            case .text(let text): "`\(text)`"
            case .empty:
                if case .section = setting.shape { "–" } else { required(setting.shape) ? "required" : "empty" }
            }
        return ConfigReferenceRow(path: path, form: form(setting.shape), fallback: fallback, meaning: setting.comment)
    }

    private static func required(_ shape: ConfigShape) -> Bool {
        switch shape {
        case .list(_, let count, _), .map(_, _, let count): count.lowerBound > 0
        case .scalar, .section, .credential: false
        }
    }

    private static func form(_ shape: ConfigShape) -> String {
        switch shape {
        case .scalar(let kind): kind.summary
        case .section(let section): section.shorthand.map { "section, or its `\($0)` alone" } ?? "section"
        case .list(let item, _, _): "list: \(form(item))"
        case .map(let keys, let item, _): "map: \(keys.summary) → \(form(item))"
        case .credential: "`none`, `{file: PATH}` or `{systemd: NAME}`"
        }
    }
}
