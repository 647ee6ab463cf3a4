// Setting: a declared key that knows the Swift type of its value.
//
// For: `values[Server.threads]` being an `Int` without the name `threads` being written twice.
// Called by: each daemon's Configuration.swift.

/// A setting whose value is a `Value`.
public struct Setting<Value: Sendable>: Sendable {
    /// The declaration to list in a `ConfigSection`.
    public let declaration: SettingDeclaration
    let convert: @Sendable (ConfigValue) -> Value

    /// The key as it is written in the file.
    public var name: String { declaration.name }

    init(
        _ name: String, _ shape: ConfigShape, _ fallback: SettingDeclaration.Fallback, _ comment: String,
        convert: @escaping @Sendable (ConfigValue) -> Value
    ) {
        declaration = SettingDeclaration(name: name, shape: shape, fallback: fallback, comment: comment)
        self.convert = convert
    }

    /// A scalar that must be given.
    public init(_ name: String, _ kind: ScalarKind<Value>, _ comment: String) {
        self.init(name, .scalar(kind.erased), .required, comment) { $0.scalar(kind) }
    }

    /// A scalar with a default.
    public init(_ name: String, _ kind: ScalarKind<Value>, default value: Value, _ comment: String) {
        self.init(name, .scalar(kind.erased), .text(kind.render(value)), comment) { $0.scalar(kind) }
    }

    /// A scalar that may be left out.
    public init<Wrapped>(optional name: String, _ kind: ScalarKind<Wrapped>, _ comment: String)
    where Value == Wrapped? {
        self.init(name, .scalar(kind.erased), .absent, comment) { $0.isAbsent ? nil : $0.scalar(kind) }
    }
}

extension Setting where Value == ConfigValues {
    /// A section; when it is left out, everything in it has its default, or is missing if it has none.
    public init(section name: String, _ section: ConfigSection, _ comment: String) {
        self.init(name, .section(section), .empty, comment) { $0.section }
    }
}

extension Setting where Value == ConfigValues? {
    /// A section that may be left out as a whole.
    public init(optionalSection name: String, _ section: ConfigSection, _ comment: String) {
        self.init(name, .section(section), .absent, comment) { $0.isAbsent ? nil : $0.section }
    }
}

extension Setting where Value == [ConfigValues] {
    /// A list of sections; left out, it is empty, which is a mistake unless `count` permits it.
    public init(list name: String, of section: ConfigSection, count: ClosedRange<Int>, _ comment: String) {
        self.init(name, .list(of: .section(section), count: count, single: false), .empty, comment) {
            $0.list.map(\.section)
        }
    }
}

extension Setting {
    /// A list of scalars; left out, it is empty, which is a mistake unless `count` permits it.
    public init<Item>(
        list name: String, of kind: ScalarKind<Item>, count: ClosedRange<Int>, single: Bool = false, _ comment: String
    ) where Value == [Item] {
        self.init(name, .list(of: .scalar(kind.erased), count: count, single: single), .empty, comment) {
            $0.list.map { $0.scalar(kind) }
        }
    }

    /// A map from names to scalars, in the file's order.
    public init<Item>(
        map name: String, keys: ScalarKind<String>, of kind: ScalarKind<Item>, count: ClosedRange<Int>,
        _ comment: String
    ) where Value == [ConfigNamed<Item>] {
        self.init(name, .map(keys: keys.erased, of: .scalar(kind.erased), count: count), .empty, comment) {
            $0.map.map { entry in entry.map { $0.scalar(kind) } }
        }
    }

    /// A map from names to lists of scalars, in the file's order. One item may be written without the list around it.
    public init<Item>(
        listMap name: String, keys: ScalarKind<String>, of kind: ScalarKind<Item>, count: ClosedRange<Int>,
        _ comment: String
    ) where Value == [ConfigNamed<[Item]>] {
        let items = ConfigShape.list(of: .scalar(kind.erased), count: 1...count.upperBound, single: true)
        self.init(name, .map(keys: keys.erased, of: items, count: count), .empty, comment) {
            $0.map.map { entry in entry.map { $0.list.map { $0.scalar(kind) } } }
        }
    }

    /// A map from names to sections, in the file's order.
    public init(
        map name: String, keys: ScalarKind<String>, of section: ConfigSection, count: ClosedRange<Int>,
        _ comment: String
    ) where Value == [ConfigNamed<ConfigValues>] {
        self.init(name, .map(keys: keys.erased, of: .section(section), count: count), .empty, comment) {
            $0.map.map { entry in entry.map(\.section) }
        }
    }
}

extension Setting where Value == CredentialReference {
    /// A reference to a secret; left out, there is none.
    public init(credential name: String, _ comment: String) {
        self.init(name, .credential, .text(CredentialReference.none.description), comment) { $0.credential }
    }
}

/// One entry of a map whose keys the operator chose.
public struct ConfigNamed<Value: Sendable>: Sendable {
    /// The key.
    public let name: String
    /// Where the key is written.
    public let place: ConfigPlace
    /// The key path of the entry.
    public let path: String
    /// What the key is set to.
    public let value: Value
    /// Whether what was written there was wrong and something else stands in for it.
    public let isStandIn: Bool
}

extension ConfigNamed where Value == ConfigValue {
    func map<Other: Sendable>(_ convert: (ConfigValue) -> Other) -> ConfigNamed<Other> {
        ConfigNamed<Other>(name: name, place: place, path: path, value: convert(value), isStandIn: isStandIn)
    }
}
