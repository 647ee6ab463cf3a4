// ExpiryRule: how a provider says when its token ends, and what it said.
//
// For: handing a token endpoint's answer to Expiry without its JSON.
// Refuses: nothing; what cannot be read is Expiry's business.
// Called by: Expiry, RefreshPolicy; whoever reads token answers and the catalogue.

/// The meaning of the field that states a token's life (case O-06). Numbers may come as strings under every rule, and a
/// date is a date under every rule.
public enum ExpiryRule: String, Hashable, Sendable, CaseIterable {
    /// Seconds from the answer on (RFC 6749 §5.1).
    case seconds
    /// Milliseconds from the answer on.
    case milliseconds
    /// Seconds since 1970.
    case epochSeconds = "epoch_seconds"
    /// Milliseconds since 1970.
    case epochMilliseconds = "epoch_milliseconds"
    /// An ISO 8601 date and time.
    case iso8601
}

/// One member of the endpoint's answer.
public enum AnswerValue: Hashable, Sendable {
    /// Not there, or null.
    case missing
    /// A JSON number, as it was written.
    case number(String)
    /// A JSON string.
    case string(String)
    /// True, false, an array or an object.
    case other
}
