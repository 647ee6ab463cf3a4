// Answer and StreamAnswer: the way back from a handler to its asker.
//
// For: the handlers in service tables. Small values; keep one as long as the answer takes.
// Refuses: a second end of the same call, and ends of calls that were cancelled, timed out or lost: they do nothing
// and say so.
// Called by: the daemons' handlers, on the connection's event loop.

/// One open call at the answering side, named by where it stands in its connection's table.
public struct OpenCall {
    let connection: PeerConnection
    let slot: Int
    let number: UInt64

    /// The peer that asks.
    public var peer: PeerConnection { connection }
}

/// What an item's `send` did.
public enum StreamSend: Hashable, Sendable {
    /// On its way.
    case sent
    /// The asker has not asked for more: not sent. Leave it out, or wait for `whenWindowOpens`.
    case windowClosed
    /// The call is over: cancelled, timed out, lost, or ended here.
    case callEnded
}

/// The way to answer a call that has one answer.
public struct Answer<Response: WireValue> {
    @usableFromInline let call: OpenCall

    @usableFromInline
    init(_ call: OpenCall) { self.call = call }

    /// The peer that asks.
    public var peer: PeerConnection { call.connection }

    /// Whether somebody still waits for the answer.
    public var isOpen: Bool { call.connection.isOpen(call) }

    /// Answers. `false` when nobody waits any more; an answer above the payload's limit becomes the failure `tooLarge`.
    @inlinable
    @discardableResult
    public func send(_ response: Response) -> Bool {
        call.finish(.response) { response.encode(to: &$0) }
    }

    /// Ends the call with a failure.
    @discardableResult
    public func fail(_ code: FailureCode, _ text: String = "") -> Bool { call.fail(code, text) }

    /// Calls `body` when the asker cancels, the deadline passes or the connection ends before there was an answer.
    public func onAbandoned(_ body: @escaping () -> Void) { call.connection.onAbandoned(call, body) }
}

/// The way to answer a call that is answered by a stream.
public struct StreamAnswer<Item: WireValue, End: WireValue> {
    @usableFromInline let call: OpenCall

    @usableFromInline
    init(_ call: OpenCall) { self.call = call }

    /// The peer that asks.
    public var peer: PeerConnection { call.connection }

    /// Whether somebody still listens.
    public var isOpen: Bool { call.connection.isOpen(call) }

    /// Sends an item if the window allows.
    @inlinable
    @discardableResult
    public func send(_ item: Item) -> StreamSend { call.sendItem { item.encode(to: &$0) } }

    /// Ends the stream.
    @inlinable
    @discardableResult
    public func end(_ end: End) -> Bool { call.finish(.streamEnd) { end.encode(to: &$0) } }

    /// Ends the stream with a failure.
    @discardableResult
    public func fail(_ code: FailureCode, _ text: String = "") -> Bool { call.fail(code, text) }

    /// Calls `body` each time the asker asks for more items.
    public func whenWindowOpens(_ body: @escaping () -> Void) { call.connection.whenWindowOpens(call, body) }

    /// Calls `body` when the asker cancels, the deadline passes or the connection ends before the stream did.
    public func onAbandoned(_ body: @escaping () -> Void) { call.connection.onAbandoned(call, body) }
}

extension OpenCall {
    @usableFromInline
    func finish(_ kind: FrameKind, _ payload: (inout WireWriter) -> Void) -> Bool {
        connection.finish(self, kind, payload)
    }

    @usableFromInline
    func sendItem(_ payload: (inout WireWriter) -> Void) -> StreamSend { connection.sendItem(self, payload) }

    func fail(_ code: FailureCode, _ text: String) -> Bool {
        let failure = FailurePayload(code, text)
        return connection.finish(self, .failure) { failure.encode(to: &$0) }
    }
}
