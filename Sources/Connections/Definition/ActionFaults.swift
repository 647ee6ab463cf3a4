// ActionFaults: the relations within an action.
//
// For: ProviderFaults.
// Refuses: gaps without parameters and parameters without gaps, two values in one place, bodies where there are none,
//   defaults that are not of their form.
// Called by: ProviderDefinition.faults.

extension ProviderAction {
    /// Everything that is wrong, with `path` before each key.
    func faults(_ path: String) -> [ProviderFault] {
        var faults: [ProviderFault] = []
        if !TextTemplate.isName(name) {
            faults.append(ProviderFault(path, "as a name: expected a-z, 0-9 and _, beginning with a letter"))
        }
        if parameters.count > Self.mostParameters {
            faults.append(ProviderFault("\(path).parameters", "more than \(Self.mostParameters)"))
        }
        faults += pathFaults("\(path).request")
        for (index, parameter) in parameters.enumerated() {
            let key = "\(path).parameters.\(parameter.name)"
            faults += parameter.faults(key)
            if !method.takesBody, case .body = parameter.place {
                faults.append(ProviderFault("\(key).in", "\(method.rawValue) has no body"))
            }
            if parameters[..<index].contains(where: { $0.place == parameter.place && parameter.place != .path }) {
                faults.append(ProviderFault("\(key).as", "another parameter goes there"))
            }
        }
        return faults + bodyFaults(path)
    }

    private func pathFaults(_ path: String) -> [ProviderFault] {
        var faults: [ProviderFault] = []
        let gaps = self.path.variables
        let fillers = parameters.filter { $0.place == .path }.map(\.name)
        for gap in gaps where !fillers.contains(gap) {
            faults.append(ProviderFault(path, "{\(gap)} is no parameter with `in: path`"))
        }
        for filler in fillers where !gaps.contains(filler) {
            faults.append(ProviderFault(path, "has no gap {\(filler)}"))
        }
        do throws(GrammarFault) {
            _ = try NormalPath(self.path.filled { _ in "a" } ?? "")
        } catch {
            faults.append(ProviderFault(path, error.reason))
        }
        return faults
    }

    /// No value stands where another one is an object.
    private func bodyFaults(_ path: String) -> [ProviderFault] {
        let places = parameters.compactMap { parameter in
            if case .body(let place) = parameter.place { (parameter.name, place.steps) } else { nil }
        }
        return places.flatMap { name, steps in
            places.compactMap { other, otherSteps in
                let isInside =
                    otherSteps.count > steps.count && zip(steps, otherSteps).allSatisfy { $0.name == $1.name }
                let differs = zip(steps, otherSteps).contains { $0.name == $1.name && $0.isList != $1.isList }
                guard name != other, isInside || differs else { return nil }
                return ProviderFault("\(path).parameters.\(name).as", "collides with \(other)")
            }
        }
    }
}

extension ActionParameter {
    fileprivate func faults(_ path: String) -> [ProviderFault] {
        var faults: [ProviderFault] = []
        if !TextTemplate.isName(name) || ProviderAction.reservedNames.contains(name) {
            faults.append(
                ProviderFault(path, "as a name: expected a-z, 0-9 and _, and none that has a meaning of its own"))
        }
        if place == .path, form == .list || form == .flag || !isRequired && fallback == nil {
            faults.append(ProviderFault(path, "fills the path: expected text or integer, required or with a default"))
        }
        if form == .any, !isInBody { faults.append(ProviderFault("\(path).form", "any JSON goes into a body only")) }
        if most != nil, form != .integer {
            faults.append(ProviderFault("\(path).most", "only an integer has a largest"))
        }
        if fallback != nil, isRequired { faults.append(ProviderFault("\(path).default", "never used: it is required")) }
        if let fallback, !isFit(fallback) {
            faults.append(ProviderFault("\(path).default", "expected the form \(form.rawValue)"))
        }
        return faults
    }

    private var isInBody: Bool {
        if case .body = place { true } else { false }
    }

    private func isFit(_ text: String) -> Bool {
        switch form {
        case .text: true
        case .integer: Int64(text).map { $0 <= most ?? .max } ?? false
        case .flag: text == "true" || text == "false"
        case .list, .any: false
        }
    }
}
