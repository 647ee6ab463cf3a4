// AgentCall: the body of a request to the agent API, understood.
//
// For: `POST /api/v1/{tenant}/{domain}`: a path with method, query and body, or an action with its parameters; the
//   account, the fields and the format that are wanted.
// Refuses: everything that is not known, with all of it in one answer. What an agent misspells must not be passed over.
// Called by: gatewayd; `ProviderDefinition.request` makes the request from it.

import JSON
public import Tenancy

/// What an agent asks for.
public struct AgentCall: Sendable {
    /// What is to be sent.
    enum Ask: Sendable {
        case path(RequestMethod, NormalPath, query: [FormPair], body: [UInt8]?)
        case action(ProviderAction, [ActionArgument])
    }

    let ask: Ask
    /// The account that was named.
    public let account: AccountName?
    /// What is wanted of the answer; none stands for all of it.
    public let fields: [DottedPath]
    /// Whether nulls and empty values are left out of the answer.
    public let isCompact: Bool

    /// The largest body of a request.
    public static let largest = 1 << 20
    /// The most fields.
    public static let mostFields = 64
    /// The most problems that an answer lists.
    public static let mostProblems = 32

    /// Reads a body for `domain` of `provider`. The failure lists everything that is wrong.
    public static func read(
        _ body: UnsafeRawBufferPointer, for domain: ProviderDomain, of provider: ProviderDefinition
    ) throws(AgentFailure) -> AgentCall {
        guard body.count <= largest else {
            throw AgentFailure(problems: [AgentProblem("", "the body is larger than \(largest) bytes")])
        }
        var reader = AgentCallReader(domain: domain, provider: provider)
        if let call = reader.call(body) { return call }
        if reader.problems.isEmpty { reader.add("", "the request cannot be understood") }
        throw AgentFailure(problems: Array(reader.problems.prefix(mostProblems)))
    }
}

/// A parameter of an action with its value: for texts, integers and flags as they stand in paths and queries.
struct ActionArgument: Sendable {
    let parameter: ActionParameter
    let value: JSONValue

    /// The value in a path or a query.
    var text: String {
        switch value {
        case .string(let text), .number(let text): text
        case .boolean(let flag): flag ? "true" : "false"
        case .array(let values): values.compactMap(\.string).joined(separator: ",")
        case .null, .object: ""
        }
    }
}
