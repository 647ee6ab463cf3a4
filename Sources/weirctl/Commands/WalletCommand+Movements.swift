// WalletCommand+Movements: credit, debit, refund.
//
// For: moving money by hand, safely repeatable: every failure that leaves the effect unknown names the reference to
// repeat with.
// Refuses: nothing itself; walletd judges.
// Called by: WalletCommand.

import ArgumentParser
import IPC
import Money
import Tenancy

/// What the three have in common.
struct MovementOptions: ParsableArguments {
    @Option(
        help: "The movement's identity; give the payment's own, so that it cannot be posted twice.",
        transform: Parse.reference)
    var reference: Reference?

    @Option(help: "A remark for the history.", transform: Parse.note) var note = ""

    /// The reference given, or a new one.
    var identity: Reference {
        reference
            ?? Reference(
                milliseconds: SystemClock.now.value, unique: .random(in: .min ... .max), .random(in: .min ... .max))
    }
}

extension WalletCommand {
    struct Credit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds money; the first credit makes the wallet.",
            discussion: Report.fields(MovementReport.postedColumns))
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID
        @Argument(help: "Decimal dollars.", transform: Parse.amount) var amount: Micros
        @OptionGroup var options: MovementOptions

        func run() async throws {
            let request = CreditRequest(
                amount: amount, at: SystemClock.now, reference: options.identity, tenant: tenant, note: options.note)
            try await Desk(global).post(request.reference, global.printer) { client throws(CallFailure) in
                try await client.credit(request)
            }
        }
    }

    struct Debit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes money, if the free balance allows.",
            discussion: Report.fields(MovementReport.postedColumns))
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID
        @Argument(help: "Decimal dollars.", transform: Parse.amount) var amount: Micros
        @Option(help: "Counts against this key's lifetime cap.", transform: Parse.key) var key: KeyID?
        @OptionGroup var options: MovementOptions

        func run() async throws {
            let request = DebitRequest(
                amount: amount, at: SystemClock.now, reference: options.identity, tenant: tenant, budget: key,
                note: options.note)
            try await Desk(global).post(request.reference, global.printer) { client throws(CallFailure) in
                try await client.debit(request)
            }
        }
    }

    struct Refund: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Returns all or part of a debit or settlement, or takes a credit back.",
            discussion: Report.fields(MovementReport.postedColumns))
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The reference of what is refunded, as wallet history shows it.", transform: Parse.reference)
        var original: Reference
        @Argument(help: "Decimal dollars.", transform: Parse.amount) var amount: Micros
        @OptionGroup var options: MovementOptions

        func run() async throws {
            let request = RefundRequest(
                amount: amount, at: SystemClock.now, reference: options.identity, original: original,
                note: options.note)
            try await Desk(global).post(request.reference, global.printer) { client throws(CallFailure) in
                try await client.refund(request)
            }
        }
    }
}

extension Desk {
    /// Posts a movement and prints what became of it.
    func post(
        _ reference: Reference, _ printer: Printer,
        _ ask: @Sendable (AsyncWalletClient) async throws(CallFailure) -> PostingAnswer
    ) async throws(Complaint) {
        let answer: PostingAnswer
        do throws(Complaint) {
            answer = try await wallet(ask)
        } catch {
            throw MovementReport.repeatable(error, reference)
        }
        if case .refused(let refusal) = answer.outcome { throw refusal.complaint(reference) }
        printer.record(MovementReport.posted(answer, reference))
    }
}
