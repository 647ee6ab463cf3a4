// ServedCall: one open call at the answering side, and every way it ends.
//
// For: PeerConnection's table of calls: answers, stream items and their window, cancellation, deadlines.
// Refuses: windows beyond their bound; items that the window does not allow.
// Called by: PeerConnection, Answer, StreamAnswer.

import NIOCore

/// An open call as its connection remembers it.
struct ServedCall {
    let number: UInt64
    let message: UInt16
    let deadline: NIODeadline
    /// Items that may still be sent; `nil` when the call is not a stream.
    var window: UInt32?
    var onAbandoned: (() -> Void)?
    var onWindow: (() -> Void)?
}

extension PeerConnection {
    @inline(__always)
    func isOpen(_ call: OpenCall) -> Bool { calls[call.slot]?.number == call.number }

    /// Ends `call` with one frame. `false` when it has ended already.
    func finish(_ call: OpenCall, _ kind: FrameKind, _ payload: (inout WireWriter) -> Void) -> Bool {
        eventLoop.assertInEventLoop()
        guard isOpen(call), let served = calls.remove(call.slot) else { return false }
        write(kind, served, payload)
        closeIfDone()
        return true
    }

    private func write(_ kind: FrameKind, _ served: ServedCall, _ payload: (inout WireWriter) -> Void) {
        let header = FrameHeader(kind, message: served.message, call: served.number)
        guard let channel, !channel.write(header, payload) else { return }
        let failure = FailurePayload(.tooLarge, "the answer passes a limit of the protocol")
        let instead = FrameHeader(.failure, message: served.message, call: served.number)
        _ = channel.write(instead) { failure.encode(to: &$0) }
    }

    /// Sends one item of a stream if its window allows.
    func sendItem(_ call: OpenCall, _ payload: (inout WireWriter) -> Void) -> StreamSend {
        eventLoop.assertInEventLoop()
        guard isOpen(call), var served = calls[call.slot], let window = served.window else { return .callEnded }
        guard window > 0 else { return .windowClosed }
        let header = FrameHeader(.streamItem, message: served.message, call: served.number)
        guard let channel, channel.write(header, limit: IPCLimits.streamItemBytes, payload) else {
            _ = call.fail(.tooLarge, "an item passes a limit of the protocol")
            return .callEnded
        }
        served.window = window - 1
        calls[call.slot] = served
        return .sent
    }

    func onAbandoned(_ call: OpenCall, _ body: @escaping () -> Void) {
        guard isOpen(call) else { return body() }
        calls[call.slot]?.onAbandoned = body
    }

    func whenWindowOpens(_ call: OpenCall, _ body: @escaping () -> Void) {
        if isOpen(call) { calls[call.slot]?.onWindow = body }
    }

    /// The asker allows more items.
    func widen(_ number: UInt64, _ payload: UnsafeRawBufferPointer) {
        var reader = WireReader(payload)
        guard let more = try? WindowPayload(from: &reader).items, more > 0 else {
            return channel?.fault(.badPayload(.windowUpdate)) ?? ()
        }
        guard let slot = calls.indices(where: { $0.number == number }).first, var served = calls[slot] else { return }
        guard let window = served.window, more <= IPCLimits.largestWindow, window + more <= IPCLimits.largestWindow
        else {
            return channel?.fault(.windowBroken) ?? ()
        }
        served.window = window + more
        calls[slot] = served
        served.onWindow?()
    }

    /// The asker does not wait any more.
    func cancel(_ number: UInt64) {
        if let slot = calls.indices(where: { $0.number == number }).first { abandon(slot, .cancelled) }
    }

    /// Ends what has expired; tells the earliest deadline left.
    func expireCalls(_ now: NIODeadline) -> NIODeadline? {
        for slot in calls.indices(where: { $0.deadline <= now }) { abandon(slot, .deadlineExceeded) }
        return calls.least(\.deadline)
    }

    /// This side is about to stop: a stream that nothing else would end is ended.
    func endEndlessStreams() {
        for slot in calls.indices(where: { $0.window != nil && $0.deadline == .distantFuture }) {
            abandon(slot, .draining)
        }
    }

    /// The connection is gone: nobody waits for anything.
    func abandonCalls() {
        for slot in calls.indices(where: { _ in true }) { calls.remove(slot)?.onAbandoned?() }
    }

    private func abandon(_ slot: Int, _ code: FailureCode) {
        guard let served = calls.remove(slot) else { return }
        write(.failure, served) { FailurePayload(code).encode(to: &$0) }
        served.onAbandoned?()
        closeIfDone()
    }
}
