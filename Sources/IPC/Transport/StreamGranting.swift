// StreamGranting: the asking side of a stream's window.
//
// For: ClientLink.stream. Widens the window by halves, so that a stream costs one frame back for 32 items forward.
// Refuses: nothing.
// Called by: ClientLink.

/// A ticket that is known only after the call has begun, and the count of items handed on since the last grant.
final class TicketBox {
    var value: CallTicket?
    private var consumedItems: UInt32 = 0

    /// An item was handed on; asks for as many more as were handed on when half a window has been.
    func consumed() {
        consumedItems += 1
        guard consumedItems >= IPCLimits.initialWindow / 2 else { return }
        value?.grant(consumedItems)
        consumedItems = 0
    }

    /// An item could not be read: the stream can not go on.
    func fail(_ failure: CallFailure?) {
        if let value, let failure { value.link.abandon(value, failure) }
    }
}

extension Result {
    /// The failure, `nil` for a success.
    var failure: Failure? {
        if case .failure(let failure) = self { return failure }
        return nil
    }
}
