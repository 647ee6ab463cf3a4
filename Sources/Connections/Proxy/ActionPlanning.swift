// ActionPlanning: an action and its arguments as path, query and body.
//
// For: RequestPlanning.
// Refuses: a path that is none any more when it is filled.
// Called by: ProviderDefinition.request.

import JSON

extension ProviderAction {
    /// The action with its arguments in their places.
    func planned(
        _ arguments: [ActionArgument], base: WebAddress, _ format: ProviderDefinition.BodyFormat
    ) throws(AgentFailure) -> PlannedAsk {
        var query: [FormPair] = []
        var tree = BodyTree()
        for argument in arguments {
            switch argument.parameter.place {
            case .path: continue
            case .query(let name): query.append(FormPair(name, argument.text))
            case .body(let place): tree.put(argument.value, at: place.steps[...])
            }
        }
        let isBodyAction = parameters.contains { if case .body = $0.place { true } else { false } }
        return PlannedAsk(
            method: method, base: base, path: try filledPath(arguments), query: query,
            body: isBodyAction ? tree.bytes(format) : nil)
    }

    private func filledPath(_ arguments: [ActionArgument]) throws(AgentFailure) -> String {
        let filled = path.filled { name in
            arguments.first { $0.parameter.name == name }.map { NormalPath.segment(of: $0.text) }
        }
        do throws(GrammarFault) {
            let normal = try NormalPath(filled ?? "")
            // As many segments as the definition has: no value has made two of one.
            guard
                normal.segments.count
                    == path.filled({ _ in "a" })?.split(separator: "/", omittingEmptySubsequences: false)
                    .dropFirst().count
            else { throw GrammarFault("a value does not fit into the path") }
            return normal.description
        } catch {
            throw AgentFailure(problems: [AgentProblem("action", "the path cannot be filled: \(error.reason)")])
        }
    }
}

/// A JSON object that is put together from paths and values.
struct BodyTree {
    private(set) var members: [JSONValue.Member] = []

    /// Puts `value` where `steps` lead, making what is missing on the way.
    mutating func put(_ value: JSONValue, at steps: ArraySlice<BodyPath.Step>) {
        guard let step = steps.first else { return }
        let index = members.firstIndex { $0.key == step.name } ?? members.endIndex
        let rest = steps.dropFirst()
        var inner = value
        if !rest.isEmpty {
            var tree = BodyTree()
            if index < members.endIndex { tree.members = Self.members(of: members[index].value) }
            tree.put(value, at: rest)
            inner = .object(tree.members)
        }
        let member = JSONValue.Member(step.name, step.isList ? .array([inner]) : inner)
        if index < members.endIndex { members[index] = member } else { members.append(member) }
    }

    private static func members(of value: JSONValue) -> [JSONValue.Member] {
        switch value {
        case .object(let members): members
        case .array(let values): values.first.map(members) ?? []
        case .null, .boolean, .number, .string: []
        }
    }

    /// The body that is sent.
    func bytes(_ format: ProviderDefinition.BodyFormat) -> [UInt8] {
        var out: [UInt8] = []
        switch format {
        case .json: JSONValue.object(members).append(to: &out)
        case .form:
            for member in members { FormText.append(member.key, Self.text(member.value).utf8, to: &out) }
        }
        return out
    }

    /// A value of a form; what is no scalar is JSON there, as Slack and others read it.
    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text), .number(let text): return text
        case .boolean(let flag): return flag ? "true" : "false"
        case .null, .array, .object:
            var out: [UInt8] = []
            value.append(to: &out)
            return String(decoding: out, as: UTF8.self)
        }
    }
}
