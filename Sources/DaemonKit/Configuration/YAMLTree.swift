// YAMLTree: from YAML events to one ConfigNode.
//
// For: the subset of YAML that a configuration needs and a sysadmin expects: mappings, lists, scalars, comments.
// Refuses: anchors, aliases, tags, merge keys, several documents, keys that are not scalars, duplicate keys, and
// files beyond the bounds below. Aliases are what makes YAML files explode in memory and settings act at a distance.
// Called by: ConfigFile.

enum YAMLTree {
    /// The deepest real path, models → name → hosts → entry → price → bucket, has six levels; the bound keeps the
    /// recursion below within any thread's stack.
    static let deepest = 16
    /// A catalogue of a thousand models with two hosts each has about 20,000 nodes.
    static let mostNodes = 200_000

    /// The tree of `bytes`, or `nil` when it cannot be read to the end. An empty file is an empty mapping. Problems
    /// go to `report`.
    static func read(_ bytes: [UInt8], _ report: inout ConfigReport) -> ConfigNode? {
        var builder = Builder(events: YAMLEvents(bytes), report: report)
        defer { report = builder.report }
        do throws(YAMLFault) {
            return try builder.document()
        } catch {
            builder.report.add(error.place, "", error.reason)
            return nil
        }
    }

    private struct Builder {
        let events: YAMLEvents
        var report: ConfigReport
        var nodes = 0

        mutating func document() throws(YAMLFault) -> ConfigNode {
            guard case .documentStart = try events.next().kind else { return ConfigNode(.mapping([]), at: .top) }
            let root = try value(try events.next(), "", depth: 0)
            let after = try events.next()
            guard case .streamEnd = after.kind else {
                throw YAMLFault(place: after.place, reason: "only one YAML document is read; remove this one")
            }
            return root
        }

        mutating func value(_ event: YAMLEvent, _ path: String, depth: Int) throws(YAMLFault) -> ConfigNode {
            nodes += 1
            guard nodes <= YAMLTree.mostNodes else {
                throw YAMLFault(place: event.place, reason: "more than \(YAMLTree.mostNodes) values")
            }
            guard depth <= YAMLTree.deepest else {
                throw YAMLFault(place: event.place, reason: "nested more than \(YAMLTree.deepest) levels deep")
            }
            if event.isDecorated { report.add(event.place, path, "anchors (&name) and tags (!name) are not read") }
            switch event.kind {
            case .scalar(let text, let quoted): return ConfigNode(.scalar(text, quoted: quoted), at: event.place)
            case .listStart: return try list(event.place, path, depth)
            case .mappingStart: return try mapping(event.place, path, depth)
            case .alias:
                throw YAMLFault(place: event.place, reason: "aliases (*name) are not read; write the value out")
            case .listEnd, .mappingEnd, .documentStart, .streamEnd:
                preconditionFailure("libyaml ends nothing that it did not begin")
            }
        }

        private mutating func list(_ place: ConfigPlace, _ path: String, _ depth: Int) throws(YAMLFault) -> ConfigNode {
            var items: [ConfigNode] = []
            while true {
                let event = try events.next()
                if case .listEnd = event.kind { return ConfigNode(.list(items), at: place) }
                items.append(try value(event, "\(path)[\(items.count)]", depth: depth + 1))
            }
        }

        private mutating func mapping(_ place: ConfigPlace, _ path: String, _ depth: Int) throws(YAMLFault)
            -> ConfigNode
        {
            var entries: [ConfigEntry] = []
            var places: [String: ConfigPlace] = [:]
            while true {
                let event = try events.next()
                if case .mappingEnd = event.kind { return ConfigNode(.mapping(entries), at: place) }
                guard case .scalar(let key, _) = event.kind else {
                    throw YAMLFault(place: event.place, reason: "a key must be a plain word")
                }
                let keyPath = ConfigPath.child(path, key)
                let child = try value(try events.next(), keyPath, depth: depth + 1)
                if let first = places[key] {
                    report.add(event.place, keyPath, "duplicate key; it is set already on line \(first.line)")
                } else {
                    places[key] = event.place
                    entries.append(ConfigEntry(key: key, at: event.place, value: child))
                }
            }
        }
    }
}
