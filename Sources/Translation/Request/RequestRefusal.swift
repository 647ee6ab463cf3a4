// RequestRefusal: why a request body cannot be admitted, said so that a client can repair it.
//
// For: 400 answers in the client's dialect, before anything is held or forwarded.
// Refuses: nothing itself; the list is closed and in order of precedence. What only the vendor can judge is not here: such
//   bodies are forwarded and the vendor's own wording comes back (T-17).
// Called by: RequestSummary, gatewayd through ErrorBody.

public import JSON

/// What is wrong with a request body.
public enum RequestRefusal: Error, Hashable, Sendable {
    /// The body is not JSON.
    case notJSON(JSONFault)
    /// The body is JSON but not an object.
    case notAnObject
    /// A field the gateway acts on stands twice: two readers could disagree on which one counts.
    case duplicate(String)
    /// A key that differs from a field the gateway acts on in nothing but letter case. Readers that fold case (Go's
    /// encoding/json, thus Ollama and others) would take it for the field.
    case caseFolded(String, meant: String)
    /// A field has another type than the API gives it.
    case wrongType(String, expected: String)
    /// A field has a value outside its range.
    case outOfRange(String, allowed: String)
    /// A required field is missing.
    case missing(String)

    /// A sentence for the client, with the path of the field.
    public var message: String {
        switch self {
        case .notJSON(let fault): "The request body is not valid JSON: \(fault)."
        case .notAnObject: "The request body must be a JSON object."
        case .duplicate(let path): "\(path): this field is given more than once."
        case .caseFolded(let key, let meant): "\(key): field names are case-sensitive; this one is \(meant)."
        case .wrongType(let path, let expected): "\(path): must be \(expected)."
        case .outOfRange(let path, let allowed): "\(path): must be \(allowed)."
        case .missing(let path): "\(path): this field is required."
        }
    }

    /// The path of the offending field, such as `stream_options.include_usage`.
    public var field: String? {
        switch self {
        case .notJSON, .notAnObject: nil
        case .duplicate(let path), .caseFolded(let path, _), .wrongType(let path, _), .outOfRange(let path, _),
            .missing(let path):
            path
        }
    }
}
