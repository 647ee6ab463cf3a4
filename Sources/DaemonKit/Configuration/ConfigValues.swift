// ConfigValues: what was read, checked, and completed with defaults.
//
// For: the daemons' typed Configuration (through `Setting`), and ConfigPrinter.
// Refuses: a setting that its section did not declare; that is a mistake in the program, so it traps.
// Called by: ConfigReader makes them.

/// One effective value and where it comes from.
public struct ConfigValue: Sendable {
    enum Content: Sendable {
        case absent
        case text(String)
        case list([ConfigValue])
        case section(ConfigValues)
        case map([ConfigNamed<ConfigValue>])
        case credential(CredentialReference)
    }

    let content: Content
    /// Where it is written; where its section is written when it was left out.
    let place: ConfigPlace
    /// Whether a wrong value was replaced by this one, and the problem reported.
    let isStandIn: Bool

    var isAbsent: Bool {
        if case .absent = content { true } else { false }
    }

    func scalar<Value>(_ kind: ScalarKind<Value>) -> Value {
        guard case .text(let text) = content else { preconditionFailure("the schema says scalar") }
        return kind.value(ofCanonical: text)
    }

    var list: [ConfigValue] {
        guard case .list(let items) = content else { preconditionFailure("the schema says list") }
        return items
    }

    var section: ConfigValues {
        guard case .section(let values) = content else { preconditionFailure("the schema says section") }
        return values
    }

    var map: [ConfigNamed<ConfigValue>] {
        guard case .map(let entries) = content else { preconditionFailure("the schema says map") }
        return entries
    }

    var credential: CredentialReference {
        guard case .credential(let reference) = content else { preconditionFailure("the schema says credential") }
        return reference
    }
}

/// The effective values of one section.
public struct ConfigValues: Sendable {
    /// The key path of the section; empty for the whole file.
    public let path: String
    /// Where the section begins.
    public let place: ConfigPlace
    let values: [String: ConfigValue]
    /// What was passed over, as it was written.
    let foreign: [ConfigEntry]

    /// The effective value of `setting`, which the section must have declared.
    public subscript<Value>(setting: Setting<Value>) -> Value { setting.convert(value(setting)) }

    /// Where `setting` is written; where the section begins when it was left out.
    public func place<Value>(of setting: Setting<Value>) -> ConfigPlace { value(setting).place }

    /// The key path of `setting`.
    public func path<Value>(of setting: Setting<Value>) -> String { ConfigPath.child(path, setting.name) }

    /// Whether what was written for `setting` was wrong and something else stands in for it. Relations with other
    /// settings are not worth checking then.
    public func isStandIn<Value>(_ setting: Setting<Value>) -> Bool { value(setting).isStandIn }

    /// Reports at `setting` that it contradicts `other`, unless `holds` or one of the two is wrong by itself.
    public func relate<A, B>(
        _ setting: Setting<A>, _ other: Setting<B>, _ report: inout ConfigReport, _ reason: String,
        holds: (A, B) -> Bool
    ) {
        guard !isStandIn(setting), !isStandIn(other), !holds(self[setting], self[other]) else { return }
        report.add(place(of: setting), path(of: setting), reason)
    }

    private func value<Value>(_ setting: Setting<Value>) -> ConfigValue {
        guard let value = values[setting.name] else { preconditionFailure("\(path) declares \(setting.name)") }
        return value
    }
}
