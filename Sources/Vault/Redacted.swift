// Redacted: a value that knows it is secret and says nothing of itself.
//
// For: whatever holds, names or can open a secret, so that no log line, no error text and no debugger's dump shows it.
// Refuses: every way Swift has of turning a value into text.
// Called by: the types of this module.

/// A type that prints as `<redacted>`, also when it is interpolated, reflected upon or dumped.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    /// Never what is inside.
    public var description: String { "<redacted>" }
    /// Never what is inside.
    public var debugDescription: String { "<redacted>" }
    /// No children: `dump` walks the mirror, and a class would otherwise show its stored properties.
    public var customMirror: Mirror { Mirror(self, children: [], ancestorRepresentation: .suppressed) }
}
