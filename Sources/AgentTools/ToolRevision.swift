// ToolRevision: the revisions of the Model Context Protocol that are spoken here.
//
// For: agreeing on one with a client, and knowing what differs between them.
// Refuses: revisions that are not in the list.
// Called by: RPCPost, ToolServer; gatewayd for the header field MCP-Protocol-Version.

/// A revision, named by its date.
public enum ToolRevision: String, Hashable, Sendable, CaseIterable {
    case march2025 = "2025-03-26"
    case june2025 = "2025-06-18"
    case november2025 = "2025-11-25"

    /// What is offered to a client that asks for a revision that is not spoken here.
    public static let latest = november2025
    /// What a request without the header field is taken for (2025-06-18, Transports, Protocol Version Header).
    public static let assumed = march2025

    /// Whether one body may hold several messages; 2025-06-18 took that away.
    public var takesBatches: Bool { self == .march2025 }

    /// What `initialize` answers to a client that asks for `wanted`.
    static func agreed(on wanted: String) -> ToolRevision { ToolRevision(rawValue: wanted) ?? latest }
}
