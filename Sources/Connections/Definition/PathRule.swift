// PathRule: one line of an allow-list: methods and a pattern of paths.
//
// For: what an agent may ask of a provider without the operator having named each request.
// Refuses: patterns that are no paths in normal form, `**` elsewhere than at the end.
// Called by: provider definitions, request planning.

/// `GET,POST /crm/v3/objects/*/search`. `*` matches one segment or the rest of one, `**` at the end any number of
/// segments.
public struct PathRule: Hashable, Sendable, CustomStringConvertible {
    /// The methods it is about.
    public let methods: Set<RequestMethod>
    private let segments: [Segment]
    private let isOpen: Bool
    /// The rule in one spelling: methods in fixed order, the path in normal form.
    public let description: String

    private enum Segment: Hashable {
        case literal(String)
        /// What stands before and after the star.
        case starred(String, String)
    }

    /// Reads methods, separated by commas, or ANY; a blank; a pattern.
    public init(_ text: String) throws(GrammarFault) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2 else { throw GrammarFault("expected methods and a path, such as GET,POST /v1/items/*") }
        methods = try Self.methods(words[0])
        var pattern = try NormalPath(String(words[1])).segments
        isOpen = pattern.last == "**"
        if isOpen { pattern.removeLast() }
        segments = try pattern.map(Self.segment)
        let names = RequestMethod.allCases.filter(methods.contains).map(\.rawValue).joined(separator: ",")
        let all = methods.count == RequestMethod.allCases.count
        let path = pattern.map { "/" + $0 }.joined() + (isOpen ? "/**" : "")
        description = "\(all ? "ANY" : names) \(path)"
    }

    private static func methods(_ text: Substring) throws(GrammarFault) -> Set<RequestMethod> {
        if text == "ANY" { return Set(RequestMethod.allCases) }
        var methods: Set<RequestMethod> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let method = RequestMethod(rawValue: String(word)) else {
                let known = RequestMethod.allCases.map(\.rawValue).joined(separator: ", ")
                throw GrammarFault("\"\(word)\" is no method; known are \(known) and ANY for all")
            }
            methods.insert(method)
        }
        return methods
    }

    private static func segment(_ text: String) throws(GrammarFault) -> Segment {
        let parts = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return .literal(text)
        case 2: return .starred(parts[0], parts[1])
        default: throw GrammarFault("a segment has one star at most; ** stands at the end and alone")
        }
    }

    /// Whether `method` on `path` is meant.
    public func matches(_ method: RequestMethod, _ path: NormalPath) -> Bool {
        guard methods.contains(method) else { return false }
        guard isOpen ? path.segments.count >= segments.count : path.segments.count == segments.count else {
            return false
        }
        return zip(segments, path.segments).allSatisfy { pattern, segment in
            switch pattern {
            case .literal(let text): return text == segment
            case .starred(let front, let back):
                let isLonger = segment.utf8.count > front.utf8.count + back.utf8.count
                return isLonger && segment.hasPrefix(front) && segment.hasSuffix(back)
            }
        }
    }
}
