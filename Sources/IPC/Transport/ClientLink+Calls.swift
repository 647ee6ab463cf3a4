// ClientLink+Calls: how calls end at the asking side.
//
// For: answers, failures, deadlines, cancellation, lost connections.
// Refuses: items beyond the window, answers of the wrong kind: the connection is closed.
// Called by: ClientConnection (frames, its end), CallTicket, the alarm.

import NIOCore

extension ClientLink {
    /// A response or a stream's end.
    @inline(__always)
    func answered(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer, by connection: ClientConnection) {
        let slot = Int(header.call & 0xFFFF)
        guard let call = calls[slot], call.number == header.call else { return }
        guard (call.window != nil) == (header.kind == .streamEnd) else {
            return connection.fault(.unexpectedKind(header.kind))
        }
        _ = calls.remove(slot)
        call.event(.answer(payload))
    }

    func failed(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer, by connection: ClientConnection) {
        let slot = Int(header.call & 0xFFFF)
        guard let call = calls[slot], call.number == header.call else { return }
        var reader = WireReader(payload)
        guard let failure = try? FailurePayload(from: &reader) else { return connection.fault(.badPayload(.failure)) }
        _ = calls.remove(slot)
        call.event(.failure(.refused(failure.code, failure.text)))
    }

    func itemCame(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer, by connection: ClientConnection) {
        let slot = Int(header.call & 0xFFFF)
        guard var call = calls[slot], call.number == header.call else { return }
        guard let window = call.window, window > 0 else { return connection.fault(.windowBroken) }
        call.window = window - 1
        calls[slot] = call
        call.event(.item(payload))
    }

    /// Ends a call from this side and tells the peer when it knows of the call.
    func abandon(_ ticket: CallTicket, _ failure: CallFailure) {
        eventLoop.assertInEventLoop()
        guard let call = calls[ticket.slot], call.serial == ticket.serial else { return }
        abandon(ticket.slot, failure)
    }

    private func abandon(_ slot: Int, _ failure: CallFailure) {
        guard let call = calls.remove(slot) else { return }
        if call.waiting == nil, let connection = connections.first(where: { $0.ordinal == call.connection }) {
            connection.sendCancel(call)
        }
        call.event(.failure(failure))
    }

    /// Allows more items of a stream.
    func grant(_ ticket: CallTicket, _ items: UInt32) {
        eventLoop.assertInEventLoop()
        guard var call = calls[ticket.slot], call.serial == ticket.serial, let window = call.window, items > 0 else {
            return
        }
        let more = min(items, IPCLimits.largestWindow - window)
        guard more > 0, let connection = connections.first(where: { $0.ordinal == call.connection }) else { return }
        call.window = window + more
        calls[ticket.slot] = call
        connection.sendWindow(call, more)
    }

    /// Ends what has expired: calls past their deadline, and calls that waited for a connection longer than the
    /// patience.
    func expire(_ now: NIODeadline) -> NIODeadline? {
        for slot in calls.indices(where: { $0.deadline <= now }) { abandon(slot, .deadlineExceeded) }
        if current == nil, patienceEnds <= now { giveUpWaiting(.notConnected) }
        let next = calls.least(\.deadline)
        guard !waiting.isEmpty, patienceEnds > now else { return next }
        return min(next ?? patienceEnds, patienceEnds)
    }

    /// Fails the calls that wait for a connection.
    func giveUpWaiting(_ failure: CallFailure) {
        let queue = waiting
        waiting = []
        for (slot, serial) in queue where calls[slot]?.serial == serial && calls[slot]?.waiting != nil {
            abandon(slot, failure)
        }
    }

    /// A connection is gone, and with it every call that went out on it.
    func lose(callsOf connection: ClientConnection, _ failure: CallFailure) {
        for slot in calls.indices(where: { $0.connection == connection.ordinal }) {
            calls.remove(slot)?.event(.failure(failure))
        }
    }
}
