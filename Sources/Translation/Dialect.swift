// Dialect: the two wire languages spoken on either side of the gateway.
//
// For: choosing readers, writers and error shapes.
// Refuses: nothing.
// Called by: everything in Translation, Routing's catalog through gatewayd.

/// A vendor's wire language.
public enum Dialect: UInt8, CaseIterable, Hashable, Sendable {
    /// `POST /v1/messages`.
    case anthropic = 1
    /// `POST /v1/chat/completions`.
    case openai = 2
}

extension Dialect: CustomStringConvertible {
    /// `anthropic` or `openai`, as written in configuration and metrics.
    public var description: String {
        switch self {
        case .anthropic: "anthropic"
        case .openai: "openai"
        }
    }

    /// The dialect of that name, or `nil`.
    public init?(name: String) {
        guard let dialect = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = dialect
    }
}
