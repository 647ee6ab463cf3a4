// TenantCommand: who may use Weir.
//
// For: making, listing, changing, suspending tenants.
// Refuses: nothing itself; gatewayd judges.
// Called by: Weirctl.

import ArgumentParser
import IPC
import Money
import Tenancy

struct TenantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Who may use Weir.",
        subcommands: [Create.self, List.self, Show.self, Suspend.self, Resume.self, Set.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a tenant.",
            discussion: "Give it money with weirctl wallet credit and a key with weirctl key create.")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its permanent name: a-z 0-9 - _.", transform: Parse.tenant) var tenant: TenantID
        @Option(help: "Its name for people.", transform: Parse.displayName) var name = ""
        @Option(
            help: "How its wallet admits requests: reserve (the hold must fit) or positive (while anything is left).",
            transform: Parse.policy)
        var policy = SpendPolicy.reserve
        @OptionGroup(title: "Rate limits") var limits: LimitOptions

        func run() async throws {
            let request = TenantCreateRequest(
                tenant: tenant, policy: policy, displayName: name, limits: limits.limits)
            let answer = try await Desk(global).gateway { client throws(CallFailure) in
                try await client.tenantCreate(request)
            }
            try answer.outcome.check(tenant.text)
            global.printer.note("tenant \(tenant) made; next: weirctl wallet credit \(tenant) AMOUNT")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All tenants, by name.", discussion: Report.fields(TenantReport.columns))
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            var table = TableText(TenantReport.columns)
            let printer = global.printer
            for row in try await Desk(global).tenants() {
                printer.rows(TenantReport.report([row]), continuing: &table)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One tenant with its wallet.", discussion: Report.fields(TenantReport.columnsWithWallet))
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID

        func run() async throws {
            let desk = try Desk(global)
            let row = try await desk.tenant(tenant)
            let request = BalanceRequest(tenant: tenant)
            let balance = try await desk.wallet { client throws(CallFailure) in try await client.balance(request) }
            global.printer.record(TenantReport.report(row, balance))
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuses all its keys from the next request on.",
            discussion: "Nothing is lost: weirctl tenant resume undoes it. Answers under way are finished.")
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID

        func run() async throws {
            try await Desk(global).update(tenant, suspended: .set(true))
            global.printer.note("tenant \(tenant) is suspended")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Accepts its keys again.")
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID

        func run() async throws {
            try await Desk(global).update(tenant, suspended: .set(false))
            global.printer.note("tenant \(tenant) is active")
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a tenant.", discussion: "What is not given stays as it is.")
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID
        @Option(help: "Its name for people.", transform: Parse.displayName) var name: String?
        @Option(help: "reserve or positive.", transform: Parse.policy) var policy: SpendPolicy?
        @OptionGroup(title: "Rate limits") var limits: LimitChanges

        func validate() throws {
            if name == nil && policy == nil && !limits.noLimits && !limits.given.areGiven {
                throw ValidationError("nothing to change: give --name, --policy or limits")
            }
        }

        func run() async throws {
            let desk = try Desk(global)
            let old = limits.given.areGiven ? try await desk.tenant(tenant).limits : nil
            try await desk.update(
                tenant, policy: Change(policy), name: Change(name), limits: limits.change(from: old))
            global.printer.note("tenant \(tenant) changed")
        }
    }
}

extension Change {
    /// An option that was given, or not.
    init(_ option: Value?) { self = option.map(Change.set) ?? .keep }
}

extension AdminOutcome {
    /// Throws the refusal of a change to `subject`.
    func check(_ subject: String) throws(Complaint) {
        if case .refused(let refusal) = self { throw refusal.complaint(subject) }
    }
}
