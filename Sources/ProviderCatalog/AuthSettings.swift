// AuthSettings: how credentials are presented, as an operator writes it.
//
// For: the section `auth` of a provider: a mapping from kinds of credential to places in requests.
// Refuses: places without what they need, and with what they have no use for.
// Called by: ProviderSettings.

import Connections
import DaemonKit

enum AuthSettings {
    private enum Place: String, CaseIterable {
        case bearer, basic, header, query, path
    }

    private static let placement = Setting(
        "placement", ConnectionKinds.word() as ScalarKind<Place>,
        """
        Where the credential stands: bearer and basic in the Authorization field; header in the field `name`; \
        query in the parameter `name`; path before every path, as `template` says.
        """)
    private static let name = Setting(
        optional: "name", ConnectionKinds.parameter, "For header and query: the name of the field or parameter.")
    private static let template = Setting(
        optional: "template", ConnectionKinds.template,
        """
        For header and path: what is written, with {secret} once, such as `Bot {secret}`; left out, a header is \
        the secret itself.
        """
    )
    private static let section = ConfigSection(
        [placement.declaration, name.declaration, template.declaration], shorthand: placement.name)

    private static let kinds: [(AuthKind, Setting<ConfigValues?>)] = [
        (.apiKey, "A key or token that its owner copied from the vendor's site."),
        (.botToken, "A bot's token."),
        (.oauth2, "OAuth 2.0, authorization code: somebody agrees in a browser."),
        (.clientCredentials, "OAuth 2.0, client credentials: the application speaks for itself."),
        (.basic, "A user name and a password."),
    ].map { kind, comment in (kind, Setting(optionalSection: kind.rawValue, section, comment)) }

    static let setting = Setting(
        section: "auth", ConfigSection(kinds.map { $0.1.declaration }),
        "The kinds of credential that can be connected, and how each is presented. At least one.")

    static func rules(_ values: ConfigValues, _ report: inout ConfigReport) -> [AuthRule] {
        kinds.compactMap { kind, setting in
            guard let values = values[setting], let placement = placement(values, &report) else { return nil }
            return AuthRule(kind, placement)
        }
    }

    private static func placement(_ values: ConfigValues, _ report: inout ConfigReport) -> CredentialPlacement? {
        let place = values[placement]
        refuse(name, values, unless: [.header, .query].contains(place), &report)
        refuse(template, values, unless: [.header, .path].contains(place), &report)
        switch place {
        case .bearer: return .bearer
        case .basic: return .basic
        case .header:
            guard let name = required(name, values, &report) else { return nil }
            return secretTemplate.map { .header(name: name, template: values[template] ?? $0) }
        case .query: return required(name, values, &report).map { .query(name: $0) }
        case .path: return required(template, values, &report).map { .path($0) }
        }
    }

    private static let secretTemplate = try? TextTemplate("{\(CredentialPlacement.variable)}")

    private static func required<Value>(
        _ setting: Setting<Value?>, _ values: ConfigValues, _ report: inout ConfigReport
    ) -> Value? {
        if values[setting] == nil, !values.isStandIn(setting) {
            report.add(values.place(of: setting), values.path(of: setting), "missing; the placement needs it")
        }
        return values[setting]
    }

    private static func refuse<Value>(
        _ setting: Setting<Value?>, _ values: ConfigValues, unless isUsed: Bool, _ report: inout ConfigReport
    ) {
        guard values[setting] != nil, !isUsed, !values.isStandIn(placement) else { return }
        report.add(values.place(of: setting), values.path(of: setting), "the placement has no use for it")
    }
}
