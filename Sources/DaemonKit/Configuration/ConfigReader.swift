// ConfigReader: a tree and a schema make effective values and a list of problems.
//
// For: finding every mistake in one reading. A wrong value is reported and replaced by its kind's example, so that
// the rest of the file is still checked.
// Refuses: unknown keys (with the nearest known one), missing keys, wrong types, values out of range, lists and maps
// that are too short or too long.
// Called by: ConfigFile.

struct ConfigReader {
    /// The folder relative paths start from.
    let directory: String
    var report: ConfigReport

    /// Reads the whole file.
    mutating func root(_ node: ConfigNode, _ section: ConfigSection) -> ConfigValues {
        read(section, node, node.place, "").section
    }

    private mutating func value(
        _ node: ConfigNode?, _ declaration: SettingDeclaration, _ place: ConfigPlace, _ path: String
    ) -> ConfigValue {
        if let node, !node.isEmpty { return value(node, declaration.shape, path) }
        let place = node?.place ?? place
        switch (declaration.fallback, declaration.shape) {
        case (.absent, _): return ConfigValue(content: .absent, place: place, isStandIn: false)
        case (.text, .credential): return ConfigValue(content: .credential(.none), place: place, isStandIn: false)
        case (.text(let text), _): return ConfigValue(content: .text(text), place: place, isStandIn: false)
        case (.empty, .section(let section)): return read(section, nil, place, path)
        case (.empty, .map(_, _, let count)), (.empty, .list(_, let count, _)):
            guard count.lowerBound == 0 else { break }
            return empty(declaration.shape, place, isStandIn: false)
        case (.empty, _), (.required, _): break
        }
        report.add(place, path, "missing; expected \(declaration.shape.summary)")
        return standIn(declaration.shape, place, path)
    }

    private mutating func value(_ node: ConfigNode, _ shape: ConfigShape, _ path: String) -> ConfigValue {
        switch shape {
        case .scalar(let kind): return scalar(node, kind, path)
        case .list(let item, let count, let single): return list(node, item, count, single, path)
        case .section(let section): return read(section, node, node.place, path)
        case .map(let keys, let item, let count): return map(node, keys, item, count, path)
        case .credential:
            let reference = CredentialReference.read(node, path, directory, &report)
            return ConfigValue(content: .credential(reference ?? .none), place: node.place, isStandIn: reference == nil)
        }
    }

    private mutating func scalar(_ node: ConfigNode, _ kind: ScalarShape, _ path: String) -> ConfigValue {
        guard case .scalar(let text, let quoted) = node.content else { return wrong(node, .scalar(kind), path) }
        do throws(ConfigReason) {
            let canonical = try kind.canonical(ScalarText(text, isQuoted: quoted, directory: directory))
            return ConfigValue(content: .text(canonical), place: node.place, isStandIn: false)
        } catch {
            report.add(node.place, path, error.text)
            return standIn(.scalar(kind), node.place, path)
        }
    }

    private mutating func list(
        _ node: ConfigNode, _ item: ConfigShape, _ count: ClosedRange<Int>, _ single: Bool, _ path: String
    ) -> ConfigValue {
        var nodes = [node]
        if case .list(let items) = node.content {
            nodes = items
        } else if !single {
            return wrong(node, .list(of: item, count: count, single: single), path)
        }
        checkCount(nodes.count, count, "items", node.place, path)
        let items = nodes.enumerated().map { value($1, item, ConfigPath.item(path, $0)) }
        return ConfigValue(content: .list(items), place: node.place, isStandIn: false)
    }

    private mutating func map(
        _ node: ConfigNode, _ keys: ScalarShape, _ item: ConfigShape, _ count: ClosedRange<Int>, _ path: String
    ) -> ConfigValue {
        guard case .mapping(let entries) = node.content else {
            return wrong(node, .map(keys: keys, of: item, count: count), path)
        }
        checkCount(entries.count, count, "entries", node.place, path)
        let named = entries.map { entry in
            let entryPath = ConfigPath.child(path, entry.key)
            checkKey(entry, keys, entryPath)
            let value = value(entry.value, item, entryPath)
            return ConfigNamed(
                name: entry.key, place: entry.place, path: entryPath, value: value, isStandIn: value.isStandIn)
        }
        return ConfigValue(content: .map(named), place: node.place, isStandIn: false)
    }

    private mutating func read(
        _ section: ConfigSection, _ node: ConfigNode?, _ place: ConfigPlace, _ path: String
    ) -> ConfigValue {
        guard let entries = entries(of: node, section) else {
            report.add(
                place, path, "expected \(ConfigShape.section(section).summary), found \(node?.kindName ?? "nothing")")
            return standIn(.section(section), place, path)
        }
        let foreign = passOver(entries, section, path)
        let given = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
        var values: [String: ConfigValue] = [:]
        for setting in section.settings {
            let entry = given[setting.name]
            let settingPath = ConfigPath.child(path, setting.name)
            values[setting.name] = value(entry?.value, setting, entry?.place ?? place, settingPath)
        }
        let read = ConfigValues(path: path, place: place, values: values, foreign: foreign)
        return ConfigValue(content: .section(read), place: place, isStandIn: false)
    }
}

extension ConfigReader {
    /// What is written for a section: none when it is left out, one when its shorthand is used; `nil` when it is no
    /// mapping.
    private func entries(of node: ConfigNode?, _ section: ConfigSection) -> [ConfigEntry]? {
        guard let node, !node.isEmpty else { return [] }
        switch node.content {
        case .mapping(let entries): return entries
        case .scalar: return section.shorthand.map { [ConfigEntry(key: $0, at: node.place, value: node)] }
        case .list: return nil
        }
    }
}

// MARK: Mistakes

extension ConfigReader {
    /// Reports undeclared keys, and returns those that are another daemon's.
    private mutating func passOver(_ entries: [ConfigEntry], _ section: ConfigSection, _ path: String) -> [ConfigEntry]
    {
        let known = section.settings.map(\.name)
        var foreign: [ConfigEntry] = []
        for entry in entries where !known.contains(entry.key) {
            switch section.foreign {
            case .all: foreign.append(entry)
            case .names(let names) where names.contains(entry.key): foreign.append(entry)
            case .names(let names): reportUnknown(entry, known + names, path)
            case .none: reportUnknown(entry, known, path)
            }
        }
        return foreign
    }

    private mutating func reportUnknown(_ entry: ConfigEntry, _ known: [String], _ path: String) {
        let near = known.map { (Spelling.distance($0, entry.key), $0) }.min { $0 < $1 }
        var hint = "known here: " + known.joined(separator: ", ")
        if let near, near.0 <= Spelling.farthestGuess(entry.key) { hint = "did you mean \"\(near.1)\"?" }
        report.add(entry.place, ConfigPath.child(path, entry.key), "unknown key; \(hint)")
    }

    private mutating func checkKey(_ entry: ConfigEntry, _ keys: ScalarShape, _ path: String) {
        do throws(ConfigReason) {
            _ = try keys.canonical(ScalarText(entry.key))
        } catch {
            report.add(entry.place, path, "as a name: \(error.text)")
        }
    }

    private mutating func checkCount(
        _ count: Int, _ range: ClosedRange<Int>, _ noun: String, _ place: ConfigPlace, _ path: String
    ) {
        if range.contains(count) { return }
        report.add(place, path, "has \(count) \(noun); expected \(range.lowerBound) to \(range.upperBound)")
    }

    private mutating func wrong(_ node: ConfigNode, _ shape: ConfigShape, _ path: String) -> ConfigValue {
        report.add(node.place, path, "expected \(shape.summary), found \(node.kindName)")
        return standIn(shape, node.place, path)
    }

    /// A value of the right shape after a problem was reported.
    private func standIn(_ shape: ConfigShape, _ place: ConfigPlace, _ path: String) -> ConfigValue {
        switch shape {
        case .scalar(let kind): return ConfigValue(content: .text(kind.example), place: place, isStandIn: true)
        case .list, .map: return empty(shape, place, isStandIn: true)
        case .credential: return ConfigValue(content: .credential(.none), place: place, isStandIn: true)
        case .section(let section):
            let values = section.settings.map { ($0.name, standIn($0, place, ConfigPath.child(path, $0.name))) }
            let read = ConfigValues(
                path: path, place: place, values: Dictionary(uniqueKeysWithValues: values), foreign: [])
            return ConfigValue(content: .section(read), place: place, isStandIn: true)
        }
    }

    private func standIn(_ setting: SettingDeclaration, _ place: ConfigPlace, _ path: String) -> ConfigValue {
        if setting.fallback == .absent { return ConfigValue(content: .absent, place: place, isStandIn: true) }
        return standIn(setting.shape, place, path)
    }

    private func empty(_ shape: ConfigShape, _ place: ConfigPlace, isStandIn: Bool) -> ConfigValue {
        if case .map = shape { return ConfigValue(content: .map([]), place: place, isStandIn: isStandIn) }
        return ConfigValue(content: .list([]), place: place, isStandIn: isStandIn)
    }
}

extension ConfigShape {
    /// What may be written, in words.
    public var summary: String {
        switch self {
        case .scalar(let kind): "a \(kind.summary)".replacingArticle
        case .list(let item, _, _): "a list of \(item.plural)"
        case .section(let section):
            section.settings.count > 6
                ? "a mapping" : "a mapping with " + section.settings.map(\.name).joined(separator: ", ")
        case .map(let keys, let item, _): "a mapping from \(keys.summary) to \(item.plural)"
        case .credential: "none, {file: PATH} or {systemd: NAME}"
        }
    }

    private var plural: String {
        switch self {
        case .scalar(let kind): kind.summary
        case .list(let item, _, _): "lists of \(item.plural)"
        case .section, .map: "mappings"
        case .credential: "credentials"
        }
    }
}

extension String {
    /// Choices such as `true or false` and descriptions beginning with a vowel take no plain "a".
    fileprivate var replacingArticle: String {
        guard let first = dropFirst(2).first else { return self }
        if contains(" or ") { return String(dropFirst(2)) }
        return "aeiou".contains(first) ? "an \(dropFirst(2))" : self
    }
}
