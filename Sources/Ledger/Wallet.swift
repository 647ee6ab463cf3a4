// Wallet and Budget: what the wallet's memory knows of a tenant and of a key.
//
// For: deciding holds and debits from memory alone.
// Refuses: nothing itself; Book decides.
// Called by: Book.

import Money
import Tenancy

/// One tenant's money, as far as it is decided by.
///
/// Sums of pending amounts and holds are kept in 128 bits: each part fits 63, and there are far fewer than 2⁶⁴ of them, so
/// they cannot overflow, whatever is asked.
struct Wallet {
    /// `nil` for a number that was given out and never stored.
    var tenant: TenantID?
    /// False until the first credit is durable: until then the tenant has no wallet.
    var isOpen = false
    /// After the latest durable movement.
    var balance = Micros.zero
    /// Durable movements.
    var entries: Int64 = 0
    /// Debits and settlements received and not yet durable.
    var pending: Int128 = 0
    /// The sum of the holds.
    var held: Int128 = 0
    /// How many holds.
    var holds = 0

    /// What a hold could still take.
    var free: Int128 { Int128(balance.value) - pending - held }
}

/// One key's lifetime spending.
struct Budget {
    /// `nil` for a number that was given out and never stored.
    var key: KeyID?
    /// Durable debits and settlements minus refunds that name the key.
    var spent: Int128 = 0
    /// Received and not yet durable.
    var pending: Int128 = 0
    /// The sum of the holds that name the key.
    var held: Int128 = 0
}

extension Micros {
    /// `sum`, or the nearest amount that fits 64 bits: for showing, never for deciding.
    init(clamping sum: Int128) { self.init(Int64(clamping: sum)) }
}
