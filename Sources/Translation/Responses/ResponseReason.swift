// ResponseReason: why a chat answer ended, in the words of a response.
//
// For: streams and whole answers (Y-11).
// Refuses: nothing; what is unknown is an ordinary end.
// Called by: ResponseItems, ResponseEnvelope.

import JSON

enum ResponseReason {
    case whole, tokenLimit, filtered

    init(_ finish: JSONText) {
        if finish == "length" {
            self = .tokenLimit
        } else if finish == "content_filter" {
            self = .filtered
        } else {
            self = .whole
        }
    }

    var isCut: Bool { self != .whole }

    /// `incomplete_details.reason`.
    var name: StaticString? {
        switch self {
        case .whole: nil
        case .tokenLimit: "max_output_tokens"
        case .filtered: "content_filter"
        }
    }
}
