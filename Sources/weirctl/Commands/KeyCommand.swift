// KeyCommand: what clients authenticate with.
//
// For: making keys (the secret is shown once), listing, changing and revoking them.
// Refuses: nothing itself; gatewayd judges.
// Called by: Weirctl.

import ArgumentParser
import IPC
import Money
import Tenancy

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "What clients authenticate with.",
        subcommands: [Create.self, List.self, Revoke.self, Set.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key and shows its secret, once.",
            discussion: "Only a hash of the secret is kept; nobody can show it again. "
                + Report.fields(KeyReport.madeColumns))
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID
        @Option(help: "Its name for people.", transform: Parse.keyName) var name = ""
        @Option(
            help: "What it may do: inference, account (read usage, balance, keys), keys (manage them).",
            transform: Parse.scopes)
        var scopes = Scope.standard
        @Option(
            help: ArgumentHelp("When it ends: a span such as 30d, a date, or never.", valueName: "when"),
            transform: Parse.expiry)
        var expires: Change<UnixMillis?> = .keep
        @Option(
            help: ArgumentHelp("Dollars it may spend in its lifetime, or none.", valueName: "dollars"),
            transform: Parse.cap)
        var cap: Change<Micros?> = .keep
        @OptionGroup(title: "Rate limits") var limits: LimitOptions

        func run() async throws {
            let request = KeyCreateRequest(
                tenant: tenant, scopes: scopes, expiresAt: expires.value ?? nil, cap: cap.value ?? nil, name: name,
                limits: limits.limits)
            let answer = try await Desk(global).gateway { client throws(CallFailure) in
                try await client.keyCreate(request)
            }
            try answer.outcome.check(tenant.text)
            guard let key = answer.key else {
                throw Complaint("gatewayd made a key without a name", next: "look at its log")
            }
            global.printer.record(KeyReport.made(key, tenant, secret: answer.secret))
            global.printer.note("keep the secret: it is not stored and cannot be shown again")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keys, by their public name.",
            discussion: "The column secret shows what may be shown of it. " + Report.fields(KeyReport.columns))
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Only this tenant's.", transform: Parse.tenant) var tenant: TenantID?
        @Flag(help: "Without revoked and expired ones.") var active = false

        func run() async throws {
            let now = SystemClock.now
            let rows = try await Desk(global).keys(of: tenant)
            let shown = rows.filter { !active || KeyReport.state($0, now: now) == "active" }
            global.printer.list(KeyReport.report(shown, now: now), whenEmpty: "no keys")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a key for ever, from the next request on.",
            discussion: "Answers under way are finished and billed.")
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.key) var key: KeyID

        func run() async throws {
            let request = KeyRevokeRequest(key: key)
            let answer = try await Desk(global).gateway { client throws(CallFailure) in
                try await client.keyRevoke(request)
            }
            try answer.outcome.check(key.text)
            let when = Cell.optional(answer.revokedAt, Cell.instant).plain
            global.printer.note("key \(key) is revoked since \(when)")
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a key.", discussion: "What is not given stays as it is.")
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.key) var key: KeyID
        @Option(help: "Its name for people.", transform: Parse.keyName) var name: String?
        @Option(
            help: ArgumentHelp("When it ends: a span such as 30d, a date, or never.", valueName: "when"),
            transform: Parse.expiry)
        var expires: Change<UnixMillis?> = .keep
        @Option(
            help: ArgumentHelp("Dollars it may spend in its lifetime, or none.", valueName: "dollars"),
            transform: Parse.cap)
        var cap: Change<Micros?> = .keep
        @OptionGroup(title: "Rate limits") var limits: LimitChanges

        func validate() throws {
            let isNothing =
                name == nil && expires == .keep && cap == .keep && !limits.noLimits && !limits.given.areGiven
            if isNothing { throw ValidationError("nothing to change: give --name, --expires, --cap or limits") }
        }

        func run() async throws {
            let desk = try Desk(global)
            let old = limits.given.areGiven ? try await desk.keys(of: nil).first { $0.key == key }?.limits : nil
            let request = KeyUpdateRequest(
                key: key, expiresAt: expires, cap: cap, name: Change(name), limits: limits.change(from: old))
            let answer = try await desk.gateway { client throws(CallFailure) in try await client.keyUpdate(request) }
            try answer.outcome.check(key.text)
            global.printer.note("key \(key) changed")
        }
    }
}

extension Change {
    /// The value, if there is a change.
    var value: Value? {
        if case .set(let value) = self { value } else { nil }
    }
}
