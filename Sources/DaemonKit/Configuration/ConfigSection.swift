// ConfigSection: the declaration of a part of the configuration file.
//
// For: writing each setting's name, kind, default and meaning once. Reading, printing, the documentation's tables and
// the messages are all made from it.
// Called by: each daemon's Configuration.swift declares them; ConfigReader, ConfigPrinter and ConfigReference walk
// them.

/// A mapping with known keys.
public struct ConfigSection: Sendable {
    /// The settings, in the order they are printed.
    public let settings: [SettingDeclaration]
    /// The setting that a bare scalar in place of the mapping stands for: `listen: [127.0.0.1:8080]` instead of
    /// `listen: [{address: 127.0.0.1:8080}]`.
    public let shorthand: String?
    /// Keys that are somebody else's business: passed over by the reader and printed as they were written.
    public let foreign: Foreign

    /// Which undeclared keys are passed over.
    public enum Foreign: Sendable, Equatable {
        /// None: each undeclared key is a mistake.
        case none
        /// Exactly these: the sections of other daemons in the shared file.
        case names([String])
        /// All: this is another daemon's section of which only some settings matter here.
        case all
    }

    public init(_ settings: [SettingDeclaration], shorthand: String? = nil, foreign: Foreign = .none) {
        precondition(Set(settings.map(\.name)).count == settings.count, "a section declares each setting once")
        precondition(
            shorthand == nil || settings.contains { $0.name == shorthand }, "the shorthand is one of the settings")
        self.settings = settings
        self.shorthand = shorthand
        self.foreign = foreign
    }
}

/// One key of a section.
public struct SettingDeclaration: Sendable {
    /// The key as it is written in the file.
    public let name: String
    /// What may be written there.
    public let shape: ConfigShape
    /// What holds when it is left out.
    public let fallback: Fallback
    /// What the setting means: one or more sentences for the printed file and the documentation.
    public let comment: String

    /// What holds when a setting is left out.
    public enum Fallback: Sendable, Equatable {
        /// It must be given.
        case required
        /// The setting has no value then.
        case absent
        /// This canonical text is the value.
        case text(String)
        /// An empty list or map, or a section in which everything has its default.
        case empty
    }
}

/// What may be written for a setting.
public indirect enum ConfigShape: Sendable {
    /// One scalar.
    case scalar(ScalarShape)
    /// A list. With `single`, one item may be written without the list around it.
    case list(of: ConfigShape, count: ClosedRange<Int>, single: Bool)
    /// A mapping with known keys.
    case section(ConfigSection)
    /// A mapping whose keys are names chosen by the operator.
    case map(keys: ScalarShape, of: ConfigShape, count: ClosedRange<Int>)
    /// A reference to a secret; see `CredentialReference`.
    case credential
}
