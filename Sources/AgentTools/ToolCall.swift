// ToolCall: what one use of a tool asks for, understood.
//
// For: the arguments of `tools/call`.
// Refuses: unknown members, no reason (`rationale`), no domain, more than `BatchLimit.most` calls.
// Called by: ToolServer; gatewayd makes the calls and gives their answers back.

import Connections
import JSON

/// The tools there are.
public enum ToolName: String, Hashable, Sendable, CaseIterable {
    /// What can be called.
    case discover
    /// One call.
    case callAPI = "call-api"
    /// Several calls at a time.
    case batch

    /// The most calls of one batch.
    public static let mostCalls = 10
}

/// One call of the agent API.
public struct ToolCall: Hashable, Sendable {
    /// Where to; not yet known to be there.
    public let domain: String
    /// The body that the agent API takes, as JSON.
    public let body: [UInt8]
}

/// What has to be done for an answer.
public enum ToolPlan: Sendable {
    /// Nothing more. `rationale` is `nil` for a use that is refused.
    case done(ToolResult, rationale: String?)
    /// These calls, at the same time. `rationale` is why, in the agent's own words, for the log.
    case calls([ToolCall], of: ToolName, rationale: String)
}

/// Reads the arguments of a tool.
struct ToolArguments {
    private let members: [JSONValue.Member]

    /// The longest reason, in bytes.
    static let longestRationale = 1000

    /// The arguments; none stands for an empty object.
    init(_ value: JSONValue?) throws(AgentFailure) {
        switch value {
        case nil, .null: members = []
        case .object(let members): self.members = members
        default: throw Self.mistake("arguments", "expected an object")
        }
    }

    static func mistake(_ member: String, _ reason: String) -> AgentFailure {
        AgentFailure(.validationError, "\(member): \(reason)")
    }

    /// Why the tool is used.
    func rationale() throws(AgentFailure) -> String {
        let text = try self.text("rationale", longest: Self.longestRationale)
        guard let text, text.contains(where: { !$0.isWhitespace }) else {
            throw Self.mistake("rationale", "missing; say in one sentence why this is done")
        }
        return text
    }

    /// The text of a member, `nil` when it is not there.
    func text(_ name: String, longest: Int) throws(AgentFailure) -> String? {
        guard let value = try only(name) else { return nil }
        guard let text = value.string, text.utf8.count <= longest else {
            throw Self.mistake(name, "expected text of at most \(longest) bytes")
        }
        return text
    }

    /// The value of a member that is given once; null says the same as nothing.
    private func only(_ name: String) throws(AgentFailure) -> JSONValue? {
        let values = members.filter { $0.key == name }.map(\.value)
        guard values.count < 2 else { throw Self.mistake(name, "given twice") }
        return values.first == .null ? nil : values.first
    }

    /// Refuses members beside `known`.
    func refuseUnknown(beside known: [String]) throws(AgentFailure) {
        for member in members where !known.contains(member.key) {
            let name = Excerpts.of(member.key)
            throw AgentFailure(.validationError, "\(name): unknown; known are \(known.joined(separator: ", "))")
        }
    }

    /// The one call that the arguments of `call-api` are: everything but domain and rationale is the agent API's.
    func call() throws(AgentFailure) -> ToolCall {
        guard let domain = try text("domain", longest: 64) else {
            throw Self.mistake("domain", "missing; discover tells which there are")
        }
        var body: [UInt8] = []
        JSONValue.object(members.filter { $0.key != "domain" && $0.key != "rationale" }).append(to: &body)
        return ToolCall(domain: domain, body: body)
    }

    /// The calls of a batch.
    func calls() throws(AgentFailure) -> [ToolCall] {
        try refuseUnknown(beside: ["rationale", "calls"])
        let most = ToolName.mostCalls
        guard let elements = try only("calls")?.elements, (1...most).contains(elements.count) else {
            throw Self.mistake("calls", "expected an array of 1 to \(most) calls")
        }
        var calls: [ToolCall] = []
        for (index, element) in elements.enumerated() {
            do throws(AgentFailure) {
                guard case .object = element else { throw Self.mistake("call", "expected an object") }
                calls.append(try ToolArguments(element).call())
            } catch {
                throw AgentFailure(.validationError, "calls[\(index)].\(error.message)")
            }
        }
        return calls
    }
}
