// ProviderSettings: a provider, as an operator writes it.
//
// For: one set of declarations for the built-in catalogue and for `connections.providers` of weir.yaml;
//   docs/CONNECTIONS.md is tested against them.
// Refuses: what the declarations refuse; relations are found by Connections.
// Called by: ConnectionSettings, BuiltInProviders.

import Connections
import DaemonKit
import Tenancy

enum ProviderSettings {
    private static let displayName = Setting(
        "name", ConnectionKinds.words("text", most: 64), "The name that people read.")
    private static let version = Setting(
        optional: "version", ConnectionKinds.words("text", most: 64), "What {version} stands for.")
    private static let headers = Setting(
        map: "headers", keys: ConnectionKinds.header, of: ConnectionKinds.template, count: 0...32,
        """
        Header fields of every request; {version} and account_fields may stand in them. A field whose variable \
        an account does not have is left out. No secrets here.
        """)
    private static let query = Setting(
        map: "query", keys: ConnectionKinds.parameter, of: ConnectionKinds.words("text", most: 1024), count: 0...16,
        "Parameters of every query; agents cannot set them.")
    private static let bodyFormat = Setting(
        "body_format", ConnectionKinds.word() as ScalarKind<ProviderDefinition.BodyFormat>, default: .json,
        "How bodies are sent that agents write as JSON.")
    private static let timeout = Setting(
        "timeout", .duration(ProviderDefinition.shortestTimeout...ProviderDefinition.longestTimeout),
        default: ProviderDefinition.longestTimeout, "For one request in all.")
    private static let plainHTTP = Setting(
        "plain_http", .flag, default: false, "Whether addresses that tenants name may go without TLS.")
    private static let identity = Setting(
        optional: "identity", ConnectionKinds.probe,
        "Asks whose credential it is: a path below base_url, or a URL to which the credential is sent as well.")
    private static let test = Setting(
        optional: "test", ConnectionKinds.probe,
        "Succeeds with a good credential, fails with a bad one, and changes nothing.")

    static let section = ConfigSection(
        [displayName.declaration] + [DomainSettings.baseURL.declaration, version.declaration] + [
            AuthSettings.setting.declaration, headers.declaration, query.declaration, bodyFormat.declaration,
            timeout.declaration, DomainSettings.allow.declaration, DomainSettings.actions.declaration,
            DomainSettings.further.declaration, FieldSettings.setting.declaration, plainHTTP.declaration,
            identity.declaration, test.declaration, AnswerRuleSettings.setting.declaration,
            OAuthSettings.setting.declaration,
        ])

    /// The definition that was written under `id`.
    static func definition(
        _ id: ProviderID, _ values: ConfigValues, _ report: inout ConfigReport
    ) -> ProviderDefinition {
        var provider = ProviderDefinition(
            id: id, displayName: values[displayName], baseURL: values[DomainSettings.baseURL],
            auth: AuthSettings.rules(values[AuthSettings.setting], &report))
        provider.version = values[version]
        provider.main = DomainSettings.domain(DomainName(id), values, &report)
        for entry in values[DomainSettings.further] {
            guard let name = DomainName(entry.name) else { continue }
            provider.domains.append(DomainSettings.domain(name, entry.value, &report))
        }
        provider.headers = values[headers].map { HeaderTemplate(name: $0.name, value: $0.value) }
        provider.query = values[query].map { FormPair($0.name, $0.value) }
        (provider.bodyFormat, provider.timeout) = (values[bodyFormat], values[timeout])
        provider.accountFields = values[FieldSettings.setting].map(FieldSettings.field)
        provider.plainHTTP = values[plainHTTP]
        (provider.identity, provider.test) = (values[identity], values[test])
        provider.answers = AnswerRuleSettings.rules(values[AnswerRuleSettings.setting])
        provider.oauth = values[OAuthSettings.setting].flatMap(OAuthSettings.definition)
        return provider
    }
}

/// What is kept of an account.
private enum FieldSettings {
    private static let source = Setting(
        "from", ConnectionKinds.word() as ScalarKind<AccountField.Source>,
        """
        The answer of the token endpoint, the answer to identity, or the tenant, who names it when an account is \
        connected.
        """
    )
    private static let path = Setting(
        optional: "field", ConnectionKinds.path, "Where in the answer it is, as a dotted path.")
    private static let form = Setting(
        "form", ConnectionKinds.word() as ScalarKind<AccountField.Form>, default: .text,
        "text; label, a part of a host name; address, a URL.")
    private static let hosts = Setting(
        list: "hosts", of: ConnectionKinds.host, count: 0...32, single: true,
        "The hosts that an address may have; needed unless the tenant names it.")
    private static let required = Setting(
        "required", .flag, default: false, "Whether an account without it is refused.")
    static let setting = Setting(
        map: "account_fields", keys: ConnectionKinds.name,
        of: ConfigSection([
            source.declaration, path.declaration, form.declaration, hosts.declaration, required.declaration,
        ]), count: 0...AccountField.most,
        "What is kept of an account beside its secrets; the names can be used as {variables}.")

    static func field(_ entry: ConfigNamed<ConfigValues>) -> AccountField {
        let values = entry.value
        return AccountField(
            name: entry.name, source: values[source], path: values[path], form: values[form], hosts: values[hosts],
            isRequired: values[required])
    }
}

/// How answers say that they are none.
private enum AnswerRuleSettings {
    private static let success = Setting(
        optional: "success_field", ConnectionKinds.path,
        "A member that is false in an answer that reports an error with status 200; token answers have it, too.")
    private static let errors = Setting(
        list: "error_fields", of: ConnectionKinds.path, count: 0...8,
        "Where an error's code or sentence is, beside the usual places.")
    private static let credentialErrors = Setting(
        list: "credential_errors", of: ConnectionKinds.words("error code", most: 64), count: 0...32,
        "Error codes that say that the credential is not accepted, as status 401 does.")
    static let setting = Setting(
        section: "answers",
        ConfigSection([success.declaration, errors.declaration, credentialErrors.declaration]),
        "How answers report errors, where the status alone does not say it.")

    static func rules(_ values: ConfigValues) -> AnswerRules {
        AnswerRules(
            successField: values[success], errorFields: values[errors], credentialErrors: values[credentialErrors])
    }
}
