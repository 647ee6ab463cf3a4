// DomainSettings: what agents may ask for, as an operator writes it.
//
// For: `base_url`, `allow` and `actions`, of a provider and of its further domains.
// Refuses: parameters in places that are none.
// Called by: ProviderSettings.

import Connections
import DaemonKit

enum DomainSettings {
    static let baseURL = Setting(
        "base_url", ConnectionKinds.baseURL,
        """
        What every path begins with. {version} and account_fields may stand in it: an address at its very \
        beginning, a label before a fixed domain, or text in the path.
        """)
    static let allow = Setting(
        list: "allow", of: ConnectionKinds.rule, count: 0...500,
        """
        What may be asked for by path: `GET,POST /v1/items/*`. ANY stands for every method, * for one segment or \
        the rest of one, ** at the end for any number of segments.
        """)
    static let actions = Setting(
        map: "actions", keys: ConnectionKinds.name, of: ActionSettings.section, count: 0...100,
        "Requests that agents ask for by name.")
    static let declarations = [baseURL.declaration, allow.declaration, actions.declaration]

    static let further = Setting(
        map: "domains", keys: ConnectionKinds.domain, of: ConfigSection(declarations), count: 0...50,
        "Parts of the provider that agents reach under names of their own, with the same accounts.")

    static func domain(_ name: DomainName, _ values: ConfigValues, _ report: inout ConfigReport) -> ProviderDomain {
        ProviderDomain(
            name: name, baseURL: values[baseURL], allow: values[allow],
            actions: values[actions].map { ActionSettings.action($0.name, $0.value, &report) })
    }
}

/// One action.
enum ActionSettings {
    private enum Place: String, CaseIterable {
        case path, query, body
    }

    private static let request = Setting(
        "request", ConnectionKinds.request, "Method and path: `GET /v1/items/{item_id}`.")
    private static let place = Setting(
        "in", ConnectionKinds.word() as ScalarKind<Place>,
        "Where the value goes: the gap of that name in path, query or body.")
    private static let target = Setting(
        optional: "as", ConnectionKinds.words("name or dotted path"),
        """
        The name in the query, or the place in the body: `filterGroups[].filters` is the member filters of the \
        one object in the array filterGroups. Left out, the parameter's own name.
        """)
    private static let form = Setting(
        "form", ConnectionKinds.word() as ScalarKind<ActionParameter.Form>, default: .text,
        "text; integer; flag; list, an array of texts, in a query joined by commas; any JSON, in a body only.")
    private static let required = Setting(
        "required", .flag, default: false, "Whether a request without it is refused.")
    private static let fallback = Setting(
        optional: "default", ConnectionKinds.words("text, integer or flag"), "What is sent when it is left out.")
    private static let most = Setting(optional: "most", .integer(0...1_000_000_000), "The largest integer.")
    private static let parameter = ConfigSection(
        [
            place.declaration, target.declaration, form.declaration, required.declaration, fallback.declaration,
            most.declaration,
        ], shorthand: place.name)
    private static let parameters = Setting(
        map: "parameters", keys: ConnectionKinds.name, of: parameter, count: 0...ProviderAction.mostParameters,
        "The members of an agent's request, by name.")
    static let section = ConfigSection([request.declaration, parameters.declaration], shorthand: request.name)

    static func action(_ name: String, _ values: ConfigValues, _ report: inout ConfigReport) -> ProviderAction {
        ProviderAction(
            name: name, method: values[request].method, path: values[request].path,
            parameters: values[parameters].compactMap { parameter($0.name, $0.value, &report) })
    }

    private static func parameter(
        _ name: String, _ values: ConfigValues, _ report: inout ConfigReport
    ) -> ActionParameter? {
        guard let place = place(name, values, &report) else { return nil }
        return ActionParameter(
            name: name, place: place, form: values[form], isRequired: values[required], fallback: values[fallback],
            most: values[most].map(Int64.init))
    }

    private static func place(
        _ name: String, _ values: ConfigValues, _ report: inout ConfigReport
    ) -> ActionParameter.Place? {
        switch values[place] {
        case .path:
            if values[target] != nil {
                report.add(
                    values.place(of: target), values.path(of: target), "a gap of the path has the parameter's name")
            }
            return .path
        case .query: return .query(values[target] ?? name)
        case .body:
            do throws(GrammarFault) {
                return .body(try BodyPath(values[target] ?? name))
            } catch {
                report.add(values.place(of: target), values.path(of: target), error.reason)
                return nil
            }
        }
    }
}
