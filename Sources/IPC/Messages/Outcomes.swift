// Outcomes: what an answer says was done, or why not.
//
// For: the two-byte `outcome` field of wallet and admin answers.
// Refuses: numbers it does not know. A reader that meets one treats the answer as malformed: nothing is assumed about
// money.
// Called by: Messages/, walletd, gatewayd, weirctl.

public import Money

/// What became of a hold.
public enum HoldOutcome: Hashable, Sendable {
    /// The amount is set aside.
    case granted
    /// Nothing is set aside.
    case refused(WalletRefusal)
}

/// What became of a movement.
public enum PostingOutcome: Hashable, Sendable {
    /// It is in the ledger now.
    case posted
    /// The same movement was in the ledger already.
    case exists
    /// The ledger is unchanged.
    case refused(WalletRefusal)
}

/// Why an operator's change was refused, in order of precedence. Numbers are never reused.
public enum AdminRefusal: UInt16, CaseIterable, Sendable {
    /// There is no such tenant.
    case tenantUnknown = 1
    /// The tenant's name is taken.
    case tenantExists = 2
    /// There is no such key.
    case keyUnknown = 3
    /// The key is revoked; it can not be changed any more.
    case keyRevoked = 4
    /// A field has a value that makes no sense, such as an expiry in the past.
    case fieldInvalid = 5
    /// There are as many tenants, or keys of this tenant, as there may be.
    case limitReached = 6
}

/// What became of an operator's change.
public enum AdminOutcome: Hashable, Sendable {
    /// It is in force.
    case done
    /// Nothing changed.
    case refused(AdminRefusal)
}

/// Outcomes as two bytes: docs/PROTOCOL.md, "Outcomes".
extension WireWriter {
    @inlinable
    public mutating func holdOutcome(_ value: HoldOutcome) {
        switch value {
        case .granted: u16(0)
        case .refused(let refusal): u16(refusal.rawValue)
        }
    }

    @inlinable
    public mutating func postingOutcome(_ value: PostingOutcome) {
        switch value {
        case .posted: u16(0)
        case .exists: u16(1)
        case .refused(let refusal): u16(refusal.rawValue)
        }
    }

    public mutating func adminOutcome(_ value: AdminOutcome) {
        switch value {
        case .done: u16(0)
        case .refused(let refusal): u16(refusal.rawValue)
        }
    }
}

/// Outcomes read back; a number that names nothing is `badNumber`.
extension WireReader {
    @inlinable
    public mutating func holdOutcome() throws(WireFault) -> HoldOutcome {
        let number = try u16()
        if number == 0 { return .granted }
        guard let refusal = WalletRefusal(rawValue: number) else { throw .badNumber }
        return .refused(refusal)
    }

    @inlinable
    public mutating func postingOutcome() throws(WireFault) -> PostingOutcome {
        let number = try u16()
        if number <= 1 { return number == 0 ? .posted : .exists }
        guard let refusal = WalletRefusal(rawValue: number) else { throw .badNumber }
        return .refused(refusal)
    }

    public mutating func adminOutcome() throws(WireFault) -> AdminOutcome {
        let number = try u16()
        if number == 0 { return .done }
        guard let refusal = AdminRefusal(rawValue: number) else { throw .badNumber }
        return .refused(refusal)
    }
}
