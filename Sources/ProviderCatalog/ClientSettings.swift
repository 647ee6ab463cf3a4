// ClientSettings: the operator's registrations at providers, as they stand in weir.yaml.
//
// For: the daemon that asks for tokens. Others declare the setting too, and read neither ids nor secrets.
// Refuses: registrations at providers that are not there or do no OAuth, a missing secret where one is needed, scopes
//   that are none.
// Called by: tokend's Configuration.swift.

public import Connections
public import DaemonKit
public import Tenancy

/// A registration, and what is asked for with it.
public struct ProviderClient: Sendable {
    public let registration: ClientRegistration
    /// The scopes that are asked for: the operator's, or the provider's usual ones.
    public let scopes: [String]
}

extension ConnectionSettings {
    private static let clientID = Setting(
        "client_id", ConnectionKinds.words("text", most: ClientRegistration.longestID),
        "The id that the provider gave out.")
    private static let clientSecret = Setting(
        credential: "client_secret",
        "The secret to it, by reference: {file: PATH}, {systemd: NAME}, or none. Never the secret itself.")
    private static let scopes = Setting(
        list: "scopes", of: ConnectionKinds.words("scope"), count: 0...100,
        "What is asked for; left out, the scopes of the provider's definition.")

    /// Registrations at providers, by the provider's id.
    public static let clients = Setting(
        map: "clients", keys: ConnectionKinds.provider,
        of: ConfigSection([clientID.declaration, clientSecret.declaration, scopes.declaration]), count: 0...500,
        "The operator's registrations for OAuth 2.0, by provider. Without one, tenants bring tokens of their own.")

    /// The registrations of `section`, which has declared `clients`.
    public static func registrations(
        _ section: ConfigValues, _ table: ProviderTable, _ credentials: CredentialStore, _ report: inout ConfigReport
    ) -> [ProviderID: ProviderClient] {
        var found: [ProviderID: ProviderClient] = [:]
        for entry in section[clients] {
            guard let id = ProviderID(entry.name), !entry.isStandIn else { continue }
            guard let oauth = table[id]?.oauth else {
                let reason = table[id] == nil ? "there is no provider \(id)" : "\(id) does no OAuth"
                report.add(entry.place, entry.path, reason)
                continue
            }
            found[id] = client(entry.value, oauth, credentials, &report)
        }
        return found
    }

    private static func client(
        _ values: ConfigValues, _ oauth: OAuthDefinition, _ credentials: CredentialStore, _ report: inout ConfigReport
    ) -> ProviderClient? {
        let needsSecret = oauth.clientAuthentication != .none
        if needsSecret, values[clientSecret] == .none, !values.isStandIn(clientSecret) {
            report.add(
                values.place(of: clientSecret), values.path(of: clientSecret), "missing; the provider asks for it")
        }
        for (index, scope) in values[scopes].enumerated() where !oauth.isScope(scope) {
            let path = ConfigPath.item(values.path(of: scopes), index)
            report.add(values.place(of: scopes), path, "expected printable ASCII without blanks and separators")
        }
        let secret = credentials.secret(values, clientSecret, &report)?.withBytes { SecretText(Array($0)) }
        guard let registration = ClientRegistration(id: values[clientID], secret: secret) else {
            report.add(values.place(of: clientID), values.path(of: clientID), "id or secret is not printable ASCII")
            return nil
        }
        return ProviderClient(
            registration: registration, scopes: values[scopes].isEmpty ? oauth.scopes : values[scopes])
    }
}
