// PeerConnection: the answering side of one connection.
//
// For: hello and policy, then requests to the service table and answers back. State that must end with the connection
// (holds) is keyed by it.
// Refuses: roles the peer's user may not claim, versions that do not meet, messages the role may not ask, more calls
// than the bound.
// Called by: Listener (makes it), FrameChannel (feeds it), Answer and StreamAnswer (answer through it).

public import NIOCore

/// A peer that is connected and said who it is. Bound to its event loop.
public final class PeerConnection {
    /// A number of this listener's own, never reused while the process lives.
    public let id: UInt64
    /// Who the kernel says it is.
    public let credentials: PeerCredentials
    public let eventLoop: any EventLoop
    /// The protocol version both speak.
    public internal(set) var version: UInt16 = 0
    /// Whatever the daemon keeps for this peer.
    public var attachment: AnyObject?

    enum Phase { case greeting, open, leaving, ended }

    let listener: Listener
    var phase = Phase.greeting
    var calls = SlotTable<ServedCall>(capacity: IPCLimits.callsInFlight)
    let alarm: DeadlineAlarm
    private(set) var channel: FrameChannel?
    private var greeted: PeerIdentity?
    private var lastCall: UInt64 = 0
    private var helloTimer: Scheduled<Void>?

    init(id: UInt64, credentials: PeerCredentials, listener: Listener) {
        self.id = id
        self.credentials = credentials
        self.listener = listener
        eventLoop = listener.eventLoop
        alarm = DeadlineAlarm(eventLoop: listener.eventLoop)
    }

    /// Who it says it is; believed as far as the policy goes.
    public var identity: PeerIdentity {
        guard let greeted else { preconditionFailure("a peer is shown to the daemon only after its hello") }
        return greeted
    }

    /// Calls that are open now.
    public var openCalls: Int { calls.count }

    /// The handler for this connection's pipeline.
    func makeChannel() -> FrameChannel {
        let channel = FrameChannel(receiver: self, pausesReading: true)
        self.channel = channel
        return channel
    }

    /// Ends the connection at once; open calls are abandoned.
    public func close() { channel?.close(.closedHere) }

    /// Takes no new calls, ends when the open ones have ended.
    func drain() {
        guard phase == .open else { return phase == .greeting ? close() : () }
        _ = channel?.write(FrameHeader(.goodbye)) { GoodbyePayload(.stopping).encode(to: &$0) }
        phase = .leaving
        endEndlessStreams()
        closeIfDone()
    }

    func closeIfDone() {
        if phase == .leaving, calls.count == 0 { channel?.finish() }
    }
}

extension PeerConnection: FrameReceiver {
    func channelOpened() {
        guard helloTimer == nil, phase == .greeting else { return }
        helloTimer = eventLoop.assumeIsolated().scheduleTask(in: listener.helloDeadline) { [self] in
            if phase == .greeting { channel?.close(.helloTimeout) }
        }
        alarm.onRing { [self] now in expireCalls(now) }
        if listener.isFull { turnAway(.overloaded, "too many connections") }
    }

    func received(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
        switch (header.kind, phase) {
        case (.request, .open), (.request, .leaving): request(header, payload)
        case (.cancel, .open), (.cancel, .leaving): cancel(header.call)
        case (.windowUpdate, .open), (.windowUpdate, .leaving): widen(header.call, payload)
        case (.hello, .greeting): hello(payload)
        case (.goodbye, .open): leave()
        case (.failure, _) where header.call == 0: turnedAway(payload)
        default: channel?.fault(.unexpectedKind(header.kind))
        }
    }

    func channelEnded(_ reason: CloseReason) {
        let wasGreeting = phase == .greeting
        phase = .ended
        helloTimer?.cancel()
        alarm.stop()
        channel = nil
        listener.ended(self, reason, wasGreeting: wasGreeting)
        abandonCalls()
    }

    private func hello(_ payload: UnsafeRawBufferPointer) {
        var reader = WireReader(payload)
        guard let hello = try? Hello(from: &reader) else { return channel?.fault(.badHello) ?? () }
        guard let version = listener.versions.common(with: hello.versions) else {
            return turnAway(.unsupportedVersion, "this side speaks \(listener.versions)")
        }
        guard listener.policy.permits(hello.identity.role, uid: credentials.uid) else {
            return turnAway(.notPermitted, "user \(credentials.uid) may not be \(hello.identity.role)")
        }
        (greeted, self.version, phase) = (hello.identity, version, .open)
        helloTimer?.cancel()
        channel?.liftHelloLimit()
        let answer = Hello(versions: listener.versions, identity: listener.identity)
        _ = channel?.write(FrameHeader(.hello), limit: IPCLimits.helloBytes) { answer.encode(to: &$0) }
        listener.observe(.connected(self))
        if listener.isDraining { drain() }
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

    private func leave() {
        phase = .leaving
        closeIfDone()
    }
}

extension PeerConnection {
    private func request(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
        guard header.call > lastCall else { return channel?.fault(.callNumberNotGrowing(header.call)) ?? () }
        lastCall = header.call
        guard let row = listener.table.row(header.message) else { return refuse(header, .unknownMessage) }
        guard let role = greeted?.role, row.roles.contains(role) else { return refuse(header, .notPermitted) }
        guard phase == .open else { return refuse(header, .draining) }
        let deadline = Self.deadline(header.deadlineMillis, row.deadline)
        let served = ServedCall(
            number: header.call, message: header.message, deadline: deadline,
            window: row.isStream ? IPCLimits.initialWindow : nil)
        guard let slot = calls.insert(served) else { return refuse(header, .overloaded) }
        alarm.watch(deadline)
        var reader = WireReader(payload)
        do throws(WireFault) {
            try row.handle(&reader, OpenCall(connection: self, slot: slot, number: header.call))
        } catch {
            _ = calls.remove(slot)
            refuse(header, .malformed, "\(error)")
            listener.observe(.malformed(self, row.number, error))
        }
    }

    private func refuse(_ header: FrameHeader, _ code: FailureCode, _ text: String = "") {
        let failure = FailurePayload(code, text)
        let answer = FrameHeader(.failure, message: header.message, call: header.call)
        _ = channel?.write(answer) { failure.encode(to: &$0) }
    }

    @inline(__always)
    private static func deadline(_ asked: UInt32, _ usual: TimeAmount?) -> NIODeadline {
        if asked > 0 { return .now() + min(.milliseconds(Int64(asked)), IPCLimits.longestDeadline) }
        return usual.map { .now() + $0 } ?? .distantFuture
    }
}
