// Movement: one thing a storm asks of walletd, in a form that can be asked again.
//
// For: re-asking after a kill: the same reference with the same content.
// Refuses: nothing.
// Called by: StormBook, StormRound.

import IPC
import Money
import Support
import Tenancy

/// A credit, debit, settlement or refund.
struct Movement: Hashable, Sendable {
    enum Kind: Hashable { case credit, debit, settlement, refund(Reference) }

    let kind: Kind
    let reference: Reference
    let tenant: TenantID
    let budget: KeyID?
    let amount: Micros

    /// Whose money is moved in a storm.
    static let tenants = (0..<5).map { TenantID("storm-\($0)")! }

    /// A hold of this amount, never released: it must end with the process.
    var hold: HoldRequest {
        HoldRequest(
            hold: .random(in: 1 ... .max), amount: amount, cap: nil, policy: .positive, tenant: tenant, budget: budget)
    }

    func ask(_ askers: Askers) async throws(CallFailure) -> PostingAnswer {
        let at = UnixMillis(1)
        switch kind {
        case .credit:
            return try await askers.weirctl.credit(
                CreditRequest(amount: amount, at: at, reference: reference, tenant: tenant, note: ""))
        case .debit:
            return try await askers.gatewayd.debit(
                DebitRequest(amount: amount, at: at, reference: reference, tenant: tenant, budget: budget, note: ""))
        case .settlement:
            return try await askers.gatewayd.settle(
                SettleRequest(hold: 0, amount: amount, at: at, reference: reference, tenant: tenant, budget: budget))
        case .refund(let original):
            return try await askers.weirctl.refund(
                RefundRequest(amount: amount, at: at, reference: reference, original: original, note: ""))
        }
    }
}

/// The two connections of a round.
struct Askers: Sendable {
    let gatewayd: AsyncWalletClient
    let weirctl: AsyncWalletClient

    func stop() async {
        await gatewayd.stop()
        await weirctl.stop()
    }
}
