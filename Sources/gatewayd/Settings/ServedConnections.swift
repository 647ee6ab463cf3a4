// ServedConnections: one generation of the providers that accounts are connected at, with the guard of their addresses.
//
// For: swapping definitions and the allow-list together at a reload.
// Refuses: nothing; Configuration validated it.
// Called by: GatewayDaemon (makes it), AgentRunner and the routes for accounts (look things up).

import Connections
import DaemonKit
import HTTP

/// Shared by all loops.
struct ServedConnections: Sendable {
    /// The built-in providers and the operator's own.
    let providers: ProviderTable
    /// Through which everything goes that somebody else than the operator has a say in.
    let addressGuard: AddressGuard

    init(_ configuration: GatewaydConfiguration, _ resolver: any NameResolver) {
        providers = configuration.connections
        addressGuard = AddressGuard(
            policy: configuration.allowedTargets, resolver: resolver, listening: configuration.ownPorts)
    }

    /// The next generation. The guard stays as long as its rules do, and connections with it.
    func adopting(_ configuration: GatewaydConfiguration, _ resolver: any NameResolver) -> ServedConnections {
        guard configuration.allowedTargets == addressGuard.policy else {
            return ServedConnections(configuration, resolver)
        }
        return ServedConnections(providers: configuration.connections, addressGuard: addressGuard)
    }

    private init(providers: ProviderTable, addressGuard: AddressGuard) {
        (self.providers, self.addressGuard) = (providers, addressGuard)
    }
}

extension GatewaydConfiguration {
    /// Ports on which this daemon listens: a call that came back would make another one.
    fileprivate var ownPorts: Set<UInt16> {
        let places = listeners.map(\.address) + (metricsListener.map { [$0] } ?? [])
        return Set(places.compactMap { UInt16(exactly: $0.port) }.filter { $0 != 0 })
    }
}
