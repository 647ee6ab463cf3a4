// StoreShelf: the real store behind the naive model's load.

import Ledger
import Money
import Storage
import Support
import Tenancy

@testable import walletd

struct StoreShelf: EntryShelf {
    var store: Store

    mutating func decide(_ orders: [Order]) -> [Outcome]? { try? store.commit(orders) }
}

extension Store {
    /// A store on a disk in memory.
    convenience init(_ faulty: FaultyFiles) throws(StorageError) {
        try self.init(path: "/wallet.db", fileLayer: faulty.name)
    }

    /// Commits movements one by one as they would come over the wire, without a book: for arranging.
    @discardableResult
    func post(_ book: inout Book, _ requests: MovementRequest...) throws(StorageError) -> [Outcome] {
        var outcomes: [Outcome] = []
        for request in requests {
            let intake =
                request.kind == .settlement
                ? book.settle(request, ending: 0, of: HolderID(0)) : book.take(request)
            guard case .queued(let order) = intake else { preconditionFailure("arranged movements are queued") }
            let outcome = try commit([order])[0]
            book.finish(order, outcome)
            outcomes.append(outcome)
        }
        return outcomes
    }
}

extension MovementRequest {
    static func credit(_ reference: String, _ tenant: String, _ dollars: String, note: String = "") -> MovementRequest {
        MovementRequest(
            kind: .credit, reference: Reference(text: reference)!, tenant: TenantID(tenant)!,
            amount: Micros(dollars: dollars)!, at: UnixMillis(1), note: note)
    }

    static func settle(_ reference: String, _ tenant: String, _ dollars: String, key: KeyID? = nil) -> MovementRequest {
        MovementRequest(
            kind: .settlement, reference: Reference(text: reference)!, tenant: TenantID(tenant)!, budget: key,
            amount: Micros(dollars: dollars)!, at: UnixMillis(2))
    }

    static func refund(_ reference: String, _ original: String, _ dollars: String) -> MovementRequest {
        MovementRequest(
            kind: .refund, reference: Reference(text: reference)!, tenant: nil, amount: Micros(dollars: dollars)!,
            at: UnixMillis(3), original: Reference(text: original)!)
    }
}
