// ConnectionSettings: the section `connections` of weir.yaml.
//
// For: the daemons that act on provider definitions: each puts these settings into the section that it declares.
// Refuses: definitions that do not fit together, registrations of providers that do no OAuth.
// Called by: the daemons' Configuration.swift; tests of docs/CONNECTIONS.md.

public import Connections
public import DaemonKit
import Tenancy

/// The settings that are about providers.
public enum ConnectionSettings {
    /// The operator's own providers. One with a built-in provider's id stands in its place.
    public static let providers = Setting(
        map: "providers", keys: ConnectionKinds.provider, of: ProviderSettings.section, count: 0...500,
        """
        Where accounts can be connected, beside the built-in providers; one with the id of a built-in provider \
        stands in its place, as a whole.
        """)

    /// The built-in providers and those of `section`, which has declared `providers`. What is wrong is reported; the
    /// table then lacks it.
    public static func table(_ section: ConfigValues, _ report: inout ConfigReport) -> ProviderTable {
        let entries = section[providers]
        var own: [ProviderDefinition] = []
        var places: [ProviderID: ConfigNamed<ConfigValues>] = [:]
        for entry in entries {
            guard let id = ProviderID(entry.name), !entry.isStandIn else { continue }
            let definition = ProviderSettings.definition(id, entry.value, &report)
            places[id] = entry
            // What is wrong by itself would make relations look wrong, too.
            if report.problems.contains(where: { isBelow(entry.path, $0.path) }) { continue }
            own.append(definition)
        }
        let kept = BuiltInProviders.table.providers.filter { places[$0.id] == nil }
        do throws(ProviderRefusal) {
            return try ProviderTable(kept + own)
        } catch {
            for (provider, fault) in error.faults {
                guard let entry = places[provider] else { continue }
                report.add(entry.place, fault.path.isEmpty ? entry.path : "\(entry.path).\(fault.path)", fault.reason)
            }
            return BuiltInProviders.table
        }
    }

    private static func isBelow(_ path: String, _ other: String) -> Bool {
        other == path || other.hasPrefix(path + ".")
    }
}

/// The providers that come with Weir.
public enum BuiltInProviders {
    /// Those of `BuiltIn/`, in the order in which they are listed to people.
    public static let table: ProviderTable = {
        do throws(ConfigRefusal) {
            return try ConfigFile<CatalogFile>(text: text, name: "built-in providers").configuration.table
        } catch {
            preconditionFailure("the built-in providers are good: \(error)")
        }
    }()

    /// All of them as one file.
    static let text = "providers:\n" + parts.joined()

    static let parts = [
        openAICompatible, anthropic, openRouter, deepSeek, google, gitHub, slack, discord, hubSpot, salesforce,
        telegramBot, custom,
    ]
}

/// A file of providers and nothing else.
struct CatalogFile: DaemonConfiguration {
    static let layout = ConfigSection([ConnectionSettings.providers.declaration])

    let table: ProviderTable

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        var definitions: [ProviderDefinition] = []
        for entry in values[ConnectionSettings.providers] {
            guard let id = ProviderID(entry.name) else { continue }
            definitions.append(ProviderSettings.definition(id, entry.value, &report))
        }
        do throws(ProviderRefusal) {
            table = try ProviderTable(definitions)
        } catch {
            for (provider, fault) in error.faults {
                report.add(.top, "providers.\(provider).\(fault.path)", fault.reason)
            }
            table = .empty
        }
    }
}
