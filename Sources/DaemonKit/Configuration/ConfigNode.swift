// ConfigNode: a configuration file as a tree that remembers where everything was written.
//
// For: the step between YAML's bytes and typed settings. Scalars keep their text, so that no reader in between can
// turn a price into a float, `no` into a flag or `1e3` into a number.
// Called by: YAMLTree makes it, ConfigReader consumes it, ConfigPrinter prints what it must pass on as written.

/// One value of a configuration file.
public struct ConfigNode: Hashable, Sendable {
    /// What the value is.
    public enum Content: Hashable, Sendable {
        /// A scalar: its text with quotes and escapes resolved, and whether it was quoted.
        case scalar(String, quoted: Bool)
        /// A list, in order.
        case list([ConfigNode])
        /// A mapping, in order. Keys are unique: duplicates were reported when it was made, and the first one kept.
        case mapping([ConfigEntry])
    }

    /// What the value is.
    public let content: Content
    /// Where it begins.
    public let place: ConfigPlace

    public init(_ content: Content, at place: ConfigPlace) {
        self.content = content
        self.place = place
    }

    /// Whether nothing was written: an empty value, `~` or `null` without quotes.
    public var isEmpty: Bool {
        guard case .scalar(let text, quoted: false) = content else { return false }
        return Self.emptyWords.contains(text)
    }

    /// What a person would call it in a message.
    var kindName: String {
        switch content {
        case .scalar(let text, _): isEmpty ? "nothing" : "\"\(ScalarText(text).excerpt)\""
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// YAML's ways to write that there is no value (YAML 1.2.2 §10.3.2).
    static let emptyWords: Set<String> = ["", "~", "null", "Null", "NULL"]
}

/// One key of a mapping with its value.
public struct ConfigEntry: Hashable, Sendable {
    /// The key's text.
    public let key: String
    /// Where the key is written.
    public let place: ConfigPlace
    /// What it is set to.
    public let value: ConfigNode

    public init(key: String, at place: ConfigPlace, value: ConfigNode) {
        self.key = key
        self.place = place
        self.value = value
    }
}
