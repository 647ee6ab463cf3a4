// ProviderAction: a request that has a name, and where its parameters go.
//
// For: agents that say `{"action": "search", "object_type": "contacts", "limit": 10}` and need to know no paths.
// Refuses: places that are no places; ProviderFaults holds the relations.
// Called by: provider definitions, request planning.

/// Where in a JSON body a value goes: `filterGroups[].filters` is the member `filters` of the one object in the array
/// `filterGroups`.
public struct BodyPath: Hashable, Sendable, CustomStringConvertible {
    struct Step: Hashable {
        var name: String
        var isList: Bool
    }

    let steps: [Step]

    /// Reads names with dots between; `[]` behind a name puts an array of one element there.
    public init(_ text: String) throws(GrammarFault) {
        let plain = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
            part.hasSuffix("[]")
                ? Step(name: String(part.dropLast(2)), isList: true)
                : Step(name: String(part), isList: false)
        }
        // The names obey the same rules as those of any path into JSON.
        _ = try DottedPath(plain.map(\.name).joined(separator: "."))
        guard !plain.contains(where: { $0.name.contains("[") || $0.name.contains("]") }) else {
            throw GrammarFault("[] stands behind a name")
        }
        steps = plain
    }

    public var description: String { steps.map { $0.name + ($0.isList ? "[]" : "") }.joined(separator: ".") }
}

/// A parameter of an action.
public struct ActionParameter: Hashable, Sendable {
    /// Where it goes.
    public enum Place: Hashable, Sendable {
        /// The gap of this parameter's name in the path.
        case path
        /// A parameter of the query, by its name there.
        case query(String)
        case body(BodyPath)
    }

    /// What it may be.
    public enum Form: String, Hashable, Sendable, CaseIterable {
        case text
        case integer
        case flag
        /// An array of texts, or one text; in a query joined by commas.
        case list
        /// Any JSON value; only in a body.
        case any
    }

    /// The member of the agent's request.
    public var name: String
    public var place: Place
    public var form: Form
    public var isRequired: Bool
    /// What is sent when the agent says nothing: text, or the digits of an integer, or true or false.
    public var fallback: String?
    /// The largest integer.
    public var most: Int64?

    public init(
        name: String, place: Place, form: Form = .text, isRequired: Bool = false, fallback: String? = nil,
        most: Int64? = nil
    ) {
        (self.name, self.place, self.form) = (name, place, form)
        (self.isRequired, self.fallback, self.most) = (isRequired, fallback, most)
    }
}

/// A named request.
public struct ProviderAction: Hashable, Sendable {
    /// What agents call it: 1 to 32 of `a-z 0-9 _`, beginning with a letter.
    public var name: String
    public var method: RequestMethod
    /// The path below the base URL; its gaps are parameters.
    public var path: TextTemplate
    public var parameters: [ActionParameter]

    /// The most parameters of an action.
    public static let mostParameters = 32
    /// Members of an agent's request that have a meaning of their own.
    public static let reservedNames: Set<String> = [
        "action", "path", "method", "query", "body", "account_id", "fields", "format",
    ]

    public init(name: String, method: RequestMethod, path: TextTemplate, parameters: [ActionParameter] = []) {
        (self.name, self.method, self.path, self.parameters) = (name, method, path, parameters)
    }
}
