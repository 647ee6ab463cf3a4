// Short ways to configurations, definitions and tokens.

import Connections
import DaemonKit
import Glibc
import JSON
import Tenancy

@testable import ProviderCatalog

/// What a daemon would declare: the section `connections` and nothing else.
struct ConnectionsFile: DaemonConfiguration {
    static let connections = Setting(
        section: "connections",
        ConfigSection([ConnectionSettings.providers.declaration, ConnectionSettings.clients.declaration]),
        "Accounts at other vendors.")
    static let layout = ConfigSection([connections.declaration])

    let table: ProviderTable
    let clients: [ProviderID: ProviderClient]

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        let section = values[Self.connections]
        table = ConnectionSettings.table(section, &report)
        clients = ConnectionSettings.registrations(section, table, credentials, &report)
    }

    /// The problems of a text, as `path: reason`.
    static func problems(_ text: String, credentials: CredentialStore = .referencesOnly) -> [String] {
        do throws(ConfigRefusal) {
            _ = try ConfigFile<ConnectionsFile>(text: text, credentials: credentials)
            return []
        } catch {
            return error.problems.map { "\($0.path): \($0.reason)" }
        }
    }
}

extension BuiltInProviders {
    /// The built-in provider of that id.
    static func named(_ id: String) -> ProviderDefinition { table[ProviderID(id)!]! }
}

extension OutboundRequest {
    /// Everything that is sent, one line each.
    var wire: [String] {
        ["\(method.rawValue) \(origin) \(target.text)"] + fields.map { "\($0.name): \($0.value.text)" }
            + (body.map { ["", $0.text] } ?? [])
    }
}

extension SecretText {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

func providerID(_ text: String) -> ProviderID { ProviderID(text)! }
func domainName(_ text: String) -> DomainName { DomainName(text)! }

/// A file that only its owner can read.
func write(_ text: String, to path: String) {
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    precondition(file >= 0 && Glibc.write(file, text, text.utf8.count) == text.utf8.count, "\(path) can be written")
    close(file)
}
