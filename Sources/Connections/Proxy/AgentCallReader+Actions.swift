// AgentCallReader, second part: actions and their parameters.
//
// For: AgentCall.read.
// Refuses: actions that the domain does not have, parameters of other forms, values that leave their segment of the
// path.
// Called by: AgentCallReader.

import JSON

extension AgentCallReader {
    mutating func actionAsk() -> AgentCall.Ask? {
        guard let name = actionName() else { return nil }
        guard let action = domain.actions.first(where: { $0.name == name }) else {
            let known = domain.actions.map(\.name).joined(separator: ", ")
            add("action", known.isEmpty ? "there are none here; expected path" : "expected one of \(known)")
            return nil
        }
        refuseUnknown(["action"] + action.parameters.map(\.name))
        var arguments: [ActionArgument] = []
        for parameter in action.parameters {
            if let argument = argument(parameter) { arguments.append(argument) }
        }
        return .action(action, arguments)
    }

    private mutating func argument(_ parameter: ActionParameter) -> ActionArgument? {
        guard let value = value(parameter.name) else {
            if parameter.isRequired { add(parameter.name, "missing") }
            return parameter.fallback.map { ActionArgument(parameter: parameter, value: parameter.value(of: $0)) }
        }
        if let reason = parameter.objection(to: value) {
            add(parameter.name, reason)
            return nil
        }
        let argument = ActionArgument(parameter: parameter, value: value)
        if parameter.place == .path, let reason = Self.objection(toSegment: argument.text) {
            add(parameter.name, reason)
            return nil
        }
        return argument
    }

    /// A value of the path is one segment, or a part of one, whatever is in it.
    private static func objection(toSegment text: String) -> String? {
        guard (1...256).contains(text.utf8.count) else { return "expected 1 to 256 bytes" }
        do throws(GrammarFault) {
            _ = try NormalPath("/" + NormalPath.segment(of: text))
            return nil
        } catch {
            return error.reason
        }
    }
}

extension ActionParameter {
    /// The value that a default's text stands for.
    fileprivate func value(of text: String) -> JSONValue {
        switch form {
        case .integer: .number(text)
        case .flag: .boolean(text == "true")
        case .text, .list, .any: .string(text)
        }
    }

    /// Why `value` cannot be the parameter's; `nil` when it can.
    fileprivate func objection(to value: JSONValue) -> String? {
        switch (form, value) {
        case (.any, _), (.text, .string), (.flag, .boolean), (.list, .string): return nil
        // Agents write ids as numbers as often as not.
        case (.text, .number): return nil
        case (.integer, .number):
            guard let number = value.integer else { return "expected a whole number" }
            return number > most ?? .max ? "expected at most \(most ?? .max)" : nil
        case (.list, .array(let values)):
            return values.allSatisfy { $0.string != nil } && values.count <= 256 ? nil : "expected up to 256 texts"
        case (.text, _): return "expected text"
        case (.integer, _): return "expected a whole number"
        case (.flag, _): return "expected true or false"
        case (.list, _): return "expected an array of texts"
        }
    }
}
