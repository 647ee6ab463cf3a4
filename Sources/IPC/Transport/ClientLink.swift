// ClientLink: a standing connection to one daemon, made again whenever it is lost.
//
// For: WalletClient and GatewayClient. Calls go out at once when connected; while the connection is being made again
// they wait, for no longer than the link's patience and no more of them than its bound; after that they fail at once.
// Refuses: peers that are not the daemon meant; calls beyond the bounds.
// Called by: the clients, CallTicket, ClientConnection.

public import NIOCore
import NIOPosix

/// How a link behaves.
public struct LinkSettings: Sendable {
    /// Seeds the jitter of the back-off; two links of one process take different ones.
    public var seed: UInt64
    /// How long after a connection was lost (or the link started) calls wait for the next one before they fail at once.
    public var patience: TimeAmount
    /// Calls that may wait for a connection at a time.
    public var waitingMax: Int
    /// The versions spoken: others than ours in tests of version skew only.
    var versions = ProtocolVersions.ours
    /// How long the peer's hello may take: shorter in tests only.
    var helloDeadline = IPCLimits.helloDeadline

    /// `patience` of one second: what a client of the gateway may notice of a walletd that restarts. `waitingMax` of
    /// 1,024: a second's worth of a busy gateway loop's holds would be more, but then waiting is not what helps.
    public init(seed: UInt64, patience: TimeAmount = .seconds(1), waitingMax: Int = 1024) {
        self.seed = seed
        self.patience = patience
        self.waitingMax = waitingMax
    }
}

/// Something a link's owner may log or act upon.
public enum LinkEvent {
    /// Connected to this peer, speaking this version.
    case connected(PeerIdentity, version: UInt16)
    /// The connection ended; another will be made.
    case disconnected(CloseReason)
    /// The peer is about to stop; another connection will be made, calls in flight are waited for.
    case peerLeaving
    /// An attempt to connect failed; the next one follows after the wait.
    case attemptFailed(String, retryIn: TimeAmount)
    /// An answer did not follow its layout: a sibling has a bug.
    case malformedAnswer(MessageNumber, WireFault)
}

/// One daemon, asked over one connection at a time. Bound to its event loop.
public final class ClientLink {
    public let eventLoop: any EventLoop
    public let settings: LinkSettings
    /// Called on each new connection before any waiting call is sent, so that what must come first (assertions of
    /// holds) does.
    public var onConnected: (() -> Void)?

    let path: String
    let identity: PeerIdentity
    let expected: PeerRole
    let observer: (LinkEvent) -> Void
    var calls = SlotTable<PendingCall>(capacity: IPCLimits.callsInFlight)
    let alarm: DeadlineAlarm
    /// The connection that new calls go out on.
    var current: ClientConnection?
    var backoff: Backoff
    var waiting: [(slot: Int, serial: UInt64)] = []
    /// Until when calls wait for a connection; meaningless while there is one.
    var patienceEnds = NIODeadline.distantPast
    var started = false
    var stopped = false
    var attempt: Scheduled<Void>?
    var connections: [ClientConnection] = []
    var connectionsMade: UInt32 = 0
    private var sent: UInt64 = 0
    private var serial: UInt64 = 0

    /// `expected` is the daemon that must answer at `path`.
    public init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, expecting expected: PeerRole,
        settings: LinkSettings, observer: @escaping (LinkEvent) -> Void
    ) {
        self.path = path
        self.eventLoop = eventLoop
        self.identity = identity
        self.expected = expected
        self.settings = settings
        self.observer = observer
        backoff = Backoff(seed: settings.seed)
        alarm = DeadlineAlarm(eventLoop: eventLoop)
    }

    /// Whether calls go out at once.
    public var isConnected: Bool { current != nil }

    /// Calls that have not ended.
    public var openCalls: Int { calls.count }

    /// Who answers now, `nil` while nobody does.
    public var peer: PeerIdentity? { current?.peer }

    /// Asks; `done` is called once, on the event loop, possibly before this returns. `deadline` `nil` = the message's
    /// default.
    @discardableResult
    public func call<Request: CallRequest>(
        _ request: Request, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<Request.Answer, CallFailure>) -> Void
    ) -> CallTicket {
        begin(Request.number, deadline, window: nil, { request.encode(to: &$0) }) { [self] event in
            switch event {
            case .answer(let bytes): done(read(bytes, Request.number))
            case .failure(let failure): done(.failure(failure))
            case .item: break
            }
        }
    }

    /// Asks for a stream; `item` is called for each item, `done` once after the last.
    @discardableResult
    public func stream<Request: StreamRequest>(
        _ request: Request, deadline: TimeAmount? = nil, grants: StreamGrants = .automatic,
        item: @escaping (Request.Item) -> Void, _ done: @escaping (Result<Request.End, CallFailure>) -> Void
    ) -> CallTicket {
        let ticket = TicketBox()
        let granting = grants == .automatic
        ticket.value = begin(
            Request.number, deadline, window: IPCLimits.initialWindow, { request.encode(to: &$0) }
        ) { [self] event in
            switch event {
            case .answer(let bytes): done(read(bytes, Request.number))
            case .failure(let failure): done(.failure(failure))
            case .item(let bytes):
                let value: Result<Request.Item, CallFailure> = read(bytes, Request.number)
                guard case .success(let value) = value else { return ticket.fail(value.failure) }
                item(value)
                if granting { ticket.consumed() }
            }
        }
        return ticket.value ?? CallTicket(link: self, slot: 0, serial: 0)
    }
}

extension ClientLink {
    /// Starts a call: sends it, lets it wait, or fails it.
    private func begin(
        _ message: MessageNumber, _ deadline: TimeAmount?, window: UInt32?,
        _ encode: (inout WireWriter) -> Void, _ event: @escaping (CallEvent) -> Void
    ) -> CallTicket {
        eventLoop.assertInEventLoop()
        serial += 1
        let ends = (deadline ?? message.defaultDeadline).map { .now() + min($0, IPCLimits.longestDeadline) }
        var call = PendingCall(
            number: 0, message: message, deadline: ends ?? .distantFuture, connection: 0, waiting: nil, window: window,
            serial: serial, event: event)
        guard let slot = calls.nextIndex else { return refuse(call, .tooManyInFlight) }
        let millis = deadline.map(Self.wireMillis) ?? 0
        if let current {
            assignNumber(&call, slot, current)
            guard current.send(call, millis, encode) else { return refuse(call, .fieldTooLong) }
        } else {
            if let failure = hold(&call, slot, encode) { return refuse(call, failure) }
        }
        _ = calls.insert(call)
        alarm.watch(call.deadline)
        return CallTicket(link: self, slot: slot, serial: serial)
    }

    /// Lets a call wait for the next connection, if it may.
    private func hold(_ call: inout PendingCall, _ slot: Int, _ encode: (inout WireWriter) -> Void) -> CallFailure? {
        if stopped { return .stopped }
        guard waiting.count < settings.waitingMax, .now() < patienceEnds else { return .notConnected }
        var writer = WireWriter(capacity: 256)
        encode(&writer)
        guard !writer.overLimit, writer.count <= IPCLimits.payloadBytes else { return .fieldTooLong }
        call.waiting = Array(writer.bytes)
        waiting.append((slot, call.serial))
        alarm.watch(patienceEnds)
        return nil
    }

    private func refuse(_ call: PendingCall, _ failure: CallFailure) -> CallTicket {
        call.event(.failure(failure))
        return CallTicket(link: self, slot: 0, serial: 0)
    }

    private func assignNumber(_ call: inout PendingCall, _ slot: Int, _ connection: ClientConnection) {
        sent += 1
        call.number = sent << 16 | UInt64(slot)
        call.connection = connection.ordinal
    }

    /// Sends what waited, oldest first.
    func sendWaiting() {
        let queue = waiting
        waiting = []
        for (slot, serial) in queue {
            guard var call = calls[slot], call.serial == serial, let payload = call.waiting, let current else {
                continue
            }
            call.waiting = nil
            assignNumber(&call, slot, current)
            calls[slot] = call
            let left = Self.wireMillis(call.deadline - .now())
            let whole = call.deadline == .distantFuture ? 0 : left
            _ = current.send(call, whole) { writer in payload.withUnsafeBytes { writer.raw($0) } }
        }
    }

    /// A duration for the header: at least 1 ms, since 0 means the default.
    private static func wireMillis(_ duration: TimeAmount) -> UInt32 {
        let millis = min(duration, IPCLimits.longestDeadline).nanoseconds / 1_000_000
        return UInt32(max(1, millis))
    }

    private func read<Value: WireValue>(
        _ bytes: UnsafeRawBufferPointer, _ message: MessageNumber
    ) -> Result<Value, CallFailure> {
        var reader = WireReader(bytes)
        do throws(WireFault) {
            return .success(try Value(from: &reader))
        } catch {
            observer(.malformedAnswer(message, error))
            return .failure(.malformedAnswer(error))
        }
    }
}
