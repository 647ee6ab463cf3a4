// ScalarKind: how one scalar of a configuration file is read, checked, printed and described.
//
// For: writing each kind of value down once: its grammar for the documentation, its parser, its canonical text.
// Refuses: values whose canonical text would not read back as the same value; `ConfigPrinter` relies on that.
// Called by: the schemas in DaemonKit and in each daemon's Configuration.swift.

/// A scalar as it was written.
public struct ScalarText: Sendable {
    /// The text without quotes and escapes.
    public let text: String
    /// Whether it was quoted: numbers, durations and flags must not be.
    public let isQuoted: Bool
    /// The folder relative paths start from: that of the configuration file.
    public let directory: String

    public init(_ text: String, isQuoted: Bool = false, directory: String = "/") {
        self.text = text
        self.isQuoted = isQuoted
        self.directory = directory
    }
}

extension ScalarText {
    /// As much of a wrong value as a message repeats: all of a short one, the beginning of a long one, which may be a
    /// secret pasted in the wrong place.
    public var excerpt: String { text.count <= 24 ? text : "\(text.prefix(8))…" }
}

/// A kind of scalar whose values are of type `Value`.
public struct ScalarKind<Value: Sendable>: Sendable {
    /// What an operator may write, for documentation and messages: `whole number from 1 to 64`.
    public let summary: String
    /// An acceptable value. It stands in for a wrong one so that reading goes on and finds further problems.
    public let example: Value
    /// Reads a value or says why not.
    public let parse: @Sendable (ScalarText) throws(ConfigReason) -> Value
    /// The canonical text of a value; `parse` reads it back as the same value.
    public let render: @Sendable (Value) -> String

    public init(
        _ summary: String, example: Value, parse: @escaping @Sendable (ScalarText) throws(ConfigReason) -> Value,
        render: @escaping @Sendable (Value) -> String
    ) {
        self.summary = summary
        self.example = example
        self.parse = parse
        self.render = render
    }

    /// Reads canonical text that was accepted before.
    func value(ofCanonical text: String) -> Value {
        do throws(ConfigReason) {
            return try parse(ScalarText(text))
        } catch {
            preconditionFailure("canonical text reads back: \(summary): \(text): \(error.text)")
        }
    }

    /// The kind without its value type: canonical text in, canonical text out.
    var erased: ScalarShape {
        ScalarShape(summary: summary, example: render(example)) { scalar throws(ConfigReason) in
            render(try parse(scalar))
        }
    }
}

/// A scalar kind as the schema sees it: text that is acceptable or not.
public struct ScalarShape: Sendable {
    /// What an operator may write.
    public let summary: String
    /// The canonical text of an acceptable value.
    let example: String
    /// The canonical form of acceptable text; throws the reason otherwise.
    let canonical: @Sendable (ScalarText) throws(ConfigReason) -> String
}
