// Calls: the asking side's table of calls, whichever connection they went out on.
//
// For: ClientLink. A call waits here for a connection, then for its answer; it ends exactly once.
// Refuses: nothing itself; the table's bound is IPCLimits.callsInFlight.
// Called by: ClientLink, ClientConnection.

import NIOCore

/// How a call ended, or that an item of its stream came.
enum CallEvent {
    /// The answer, or the end of a stream. The bytes are valid during the event only.
    case answer(UnsafeRawBufferPointer)
    /// An item of a stream.
    case item(UnsafeRawBufferPointer)
    /// No answer.
    case failure(CallFailure)
}

/// A call that has not ended.
struct PendingCall {
    /// The number it was sent under: the low 16 bits are its slot, the rest grows with every request sent. 0 while it
    /// waits for a connection.
    var number: UInt64
    let message: MessageNumber
    let deadline: NIODeadline
    /// Which connection it was sent on. 0 while it waits.
    var connection: UInt32
    /// The encoded request while it waits for a connection.
    var waiting: [UInt8]?
    /// Items the peer may still send; `nil` when the call is not a stream.
    var window: UInt32?
    /// Tells this call from later ones in the same slot.
    let serial: UInt64
    let event: (CallEvent) -> Void
}

/// Names one call, so that it can be cancelled. A small value; it holds on to the link.
public struct CallTicket {
    let link: ClientLink
    let slot: Int
    let serial: UInt64

    /// Ends the call with `cancelled` and tells the peer. Does nothing when the call has ended.
    public func cancel() { link.abandon(self, .cancelled) }

    /// For streams asked with `grants: .byHand`: allows `items` more items.
    public func grant(_ items: UInt32) { link.grant(self, items) }
}

/// Who widens a stream's window.
public enum StreamGrants: Sendable {
    /// The link, as items are handed on: for receivers that are done with an item when they return.
    case automatic
    /// The receiver, with `CallTicket.grant`: for receivers that keep items.
    case byHand
}
