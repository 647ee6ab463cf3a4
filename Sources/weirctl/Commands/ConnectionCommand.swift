// ConnectionCommand: accounts that tenants have connected.
//
// For: connecting accounts whose secrets an operator has at hand, looking after them, disconnecting them. Accounts whose owners
// agree in a browser are connected over gatewayd.
// Refuses: nothing itself; tokend judges. Secrets are never arguments.
// Called by: Weirctl.

import ArgumentParser
import IPC
import Tenancy

struct ConnectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connection", abstract: "Accounts that tenants have connected.",
        subcommands: [Add.self, List.self, Remove.self, Test.self, Refresh.self, Events.self])

    /// What tokend's events name as their source.
    static let source = "weirctl"

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Connected accounts; never a secret.", discussion: Report.fields(ConnectionReport.columns))
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Only this tenant's.", transform: Parse.tenant) var tenant: TenantID?
        @Option(help: "Only of this provider.", transform: Parse.provider) var provider: ProviderID?
        @Option(help: "Only these: active, pending or dead.", transform: Parse.accountState) var state: AccountState?

        func run() async throws {
            let rows = try await Desk(global).connections(of: tenant, at: provider)
            let shown = rows.filter { state == nil || $0.state == state }
            global.printer.list(ConnectionReport.report(shown), whenEmpty: "no connected accounts")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disconnects an account, and asks its provider to revoke what can be revoked.",
            discussion: """
                The credential is withdrawn from gatewayd and its secrets are removed, whatever the provider says. \
                \(Report.fields(ConnectionReport.removedColumns))
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: ConnectionCommand.accountHelp, transform: Parse.account) var account: AccountKey
        @Flag(help: "Does not ask the provider.") var keepGrant = false

        func run() async throws {
            let request = TokenRemoveRequest(account: account, revoke: !keepGrant, source: ConnectionCommand.source)
            let answer = try await Desk(global).vault { client throws(CallFailure) in try await client.remove(request) }
            try answer.outcome.check(account, answer.text)
            global.printer.record(ConnectionReport.removed(account, answer))
            if !answer.revoked, !answer.text.isEmpty { global.printer.note("not revoked: \(answer.text)") }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks the provider something harmless with the credential.",
            discussion: Report.fields(ConnectionReport.testedColumns))
        @OptionGroup var global: GlobalOptions
        @Argument(help: ConnectionCommand.accountHelp, transform: Parse.account) var account: AccountKey

        func run() async throws {
            let request = TokenTestRequest(account: account, source: ConnectionCommand.source)
            let answer = try await Desk(global).vault { client throws(CallFailure) in try await client.test(request) }
            try answer.outcome.check(account, answer.text)
            global.printer.record(ConnectionReport.tested(account, answer))
        }
    }

    struct Refresh: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refreshes a credential now, whenever it was due.",
            discussion: Report.fields(ConnectionReport.refreshedColumns))
        @OptionGroup var global: GlobalOptions
        @Argument(help: ConnectionCommand.accountHelp, transform: Parse.account) var account: AccountKey

        func run() async throws {
            let request = TokenRefreshRequest(account: account, source: ConnectionCommand.source)
            let answer = try await Desk(global).vault { client throws(CallFailure) in try await client.refresh(request)
            }
            try answer.outcome.check(account, answer.text)
            global.printer.record(ConnectionReport.refreshed(account, answer))
        }
    }

    struct Events: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was done to accounts, newest first.",
            discussion: """
                Of secrets there are marks: the same secret has the same mark, and nothing else can be learnt from it. \
                \(Report.fields(ConnectionReport.eventColumns))
                """)
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Only this tenant's.", transform: Parse.tenant) var tenant: TenantID?
        @Option(help: "How many at most.") var limit = 50

        func run() async throws {
            let (desk, tenant) = (try Desk(global), tenant)
            var (events, before) = ([TokenEvent](), UInt64(0))
            repeat {
                let wanted = UInt16(min(limit - events.count, FieldLimits.pageRows))
                let request = TokenEventsRequest(tenant: tenant, before: before, limit: wanted)
                let page = try await desk.vault { client throws(CallFailure) in try await client.events(request) }
                events += page.events
                before = page.next
            } while before != 0 && events.count < limit
            global.printer.list(ConnectionReport.report(events), whenEmpty: "no events")
        }

        func validate() throws {
            if limit < 1 { throw ValidationError("--limit is at least 1") }
        }
    }

    static let accountHelp: ArgumentHelp = "TENANT/PROVIDER/ACCOUNT, such as acme/github/work."
}

extension Desk {
    /// All connected accounts, page by page.
    func connections(of tenant: TenantID?, at provider: ProviderID?) async throws(Complaint) -> [AccountRow] {
        try await vault { client throws(CallFailure) in
            var (rows, after) = ([AccountRow](), "")
            repeat {
                let page = try await client.list(
                    TokenListRequest(
                        tenant: tenant, provider: provider?.text ?? "", after: after,
                        limit: UInt16(FieldLimits.errorRows)))
                rows += page.accounts
                after = page.next
            } while !after.isEmpty
            return rows
        }
    }
}

extension TokenOutcome {
    /// Throws what a refusal means for `account`.
    func check(_ account: AccountKey, _ text: String) throws(Complaint) {
        guard case .refused(let refusal) = self else { return }
        throw Complaint("tokend refused \(account): \(text)", next: refusal.advice)
    }
}

extension TokenRefusal {
    /// What helps.
    fileprivate var advice: String {
        switch self {
        case .fieldInvalid: "compare the values with --help"
        case .providerUnknown: "connections.providers in weir.yaml adds providers; weirctl reload takes them over"
        case .kindUnfit: "another --kind, or another account"
        case .accountUnknown: "weirctl connection list shows them"
        case .accountExists: "--replace replaces it"
        case .limitReached: "remove accounts that are not used, or raise tokend.accounts_per_tenant"
        case .stateUnknown: "begin again"
        case .accountDead: "connect it again: weirctl connection add --replace, or its owner in a browser"
        case .addressForbidden: "tokend.allowed_targets says which addresses beside the internet may be called"
        case .providerRefused: "check the credential at the provider"
        case .providerUnavailable: "repeat it later; weirctl connection list shows the next attempt"
        case .sealedByUnknownKey: "put the key back: tokend.older_encryption_keys"
        }
    }
}
