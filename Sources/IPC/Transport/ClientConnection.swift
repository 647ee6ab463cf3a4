// ClientConnection: the asking side of one connection.
//
// For: ClientLink, which makes a new one each time. Says hello, checks the answer, passes frames on.
// Refuses: peers that are not the daemon meant, versions that do not meet, frames that an asker may not receive.
// Called by: ClientLink, FrameChannel.

import NIOCore

/// One connection of a link. Bound to its event loop.
final class ClientConnection {
    /// Counts the link's connections from 1.
    let ordinal: UInt32
    private(set) var peer: PeerIdentity?
    private let link: ClientLink
    private var channel: FrameChannel?
    private var helloTimer: Scheduled<Void>?

    init(link: ClientLink, ordinal: UInt32) {
        self.link = link
        self.ordinal = ordinal
    }

    /// Whether the hellos were exchanged.
    var wasGreeted: Bool { peer != nil }

    /// The handler for this connection's pipeline.
    func makeChannel() -> FrameChannel {
        let channel = FrameChannel(receiver: self, pausesReading: false)
        self.channel = channel
        return channel
    }

    /// Sends a request. `false` when a field passes its limit; nothing is sent then.
    @inline(__always)
    func send(_ call: PendingCall, _ deadlineMillis: UInt32, _ encode: (inout WireWriter) -> Void) -> Bool {
        guard let channel else { return true }
        let header = FrameHeader(
            .request, message: call.message.rawValue, call: call.number, deadlineMillis: deadlineMillis)
        return channel.write(header, encode)
    }

    func sendCancel(_ call: PendingCall) {
        _ = channel?.write(FrameHeader(.cancel, message: call.message.rawValue, call: call.number))
    }

    func sendWindow(_ call: PendingCall, _ items: UInt32) {
        let header = FrameHeader(.windowUpdate, message: call.message.rawValue, call: call.number)
        _ = channel?.write(header) { WindowPayload(items: items).encode(to: &$0) }
    }

    func close() { channel?.close(.closedHere) }

    func fault(_ fault: FrameFault) { channel?.fault(fault) }
}

extension ClientConnection: FrameReceiver {
    func channelOpened() {
        guard helloTimer == nil else { return }
        helloTimer = link.eventLoop.assumeIsolated().scheduleTask(in: link.settings.helloDeadline) { [self] in
            if !wasGreeted { channel?.close(.helloTimeout) }
        }
        link.opened(self)
        let hello = Hello(versions: link.settings.versions, identity: link.identity)
        let sent = channel?.write(FrameHeader(.hello), limit: IPCLimits.helloBytes) { hello.encode(to: &$0) }
        precondition(sent != false, "a process's build name fits its hello")
    }

    func received(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
        switch header.kind {
        case .response where wasGreeted, .streamEnd where wasGreeted: link.answered(header, payload, by: self)
        case .streamItem where wasGreeted: link.itemCame(header, payload, by: self)
        case .failure where header.call == 0: turnedAway(payload)
        case .failure where wasGreeted: link.failed(header, payload, by: self)
        case .goodbye where wasGreeted: link.leaving(self)
        case .hello where !wasGreeted: hello(payload)
        default: channel?.fault(.unexpectedKind(header.kind))
        }
    }

    func channelEnded(_ reason: CloseReason) {
        helloTimer?.cancel()
        channel = nil
        link.ended(self, reason)
    }

    private func hello(_ payload: UnsafeRawBufferPointer) {
        var reader = WireReader(payload)
        guard let hello = try? Hello(from: &reader) else { return channel?.fault(.badHello) ?? () }
        guard let version = link.settings.versions.common(with: hello.versions) else {
            return turnAway(.unsupportedVersion, "no common protocol version")
        }
        guard hello.identity.role == link.expected else {
            return turnAway(.notPermitted, "\(hello.identity.role) answers where \(link.expected) was meant")
        }
        helloTimer?.cancel()
        channel?.liftHelloLimit()
        peer = hello.identity
        link.greeted(self, hello.identity, version)
    }

    private func turnAway(_ code: FailureCode, _ text: String) {
        channel?.close(.turnedAway(code, text), telling: FailurePayload(code, text))
    }

    private func turnedAway(_ payload: UnsafeRawBufferPointer) {
        var reader = WireReader(payload)
        guard let failure = try? FailurePayload(from: &reader) else {
            return channel?.fault(.badPayload(.failure)) ?? ()
        }
        channel?.close(.turnedAwayByPeer(failure.code, failure.text))
    }
}
