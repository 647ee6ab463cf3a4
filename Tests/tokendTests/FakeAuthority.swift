// FakeAuthority: a token endpoint that rotates refresh tokens, notices their reuse, and misbehaves when told to.
//
// Refresh tokens are `r.ACCOUNT.N`, access tokens `a.ACCOUNT.N`; N goes up with every rotation. A refresh token that was used
// before ends its account for ever, as RFC 9700 §4.14.2 asks.

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// What the endpoint does with one request.
enum Behaviour: Sendable {
    /// Rotates, and says the token lives this long.
    case rotate(lives: Int)
    /// Keeps the refresh token and leaves it out of the answer (case O-02).
    case keep
    /// Answers these members beside the tokens (case O-06).
    case state(String)
    /// Answers this, and does nothing.
    case refuse(Int, String)
    /// Says `invalid_grant` after this many milliseconds, and does nothing.
    case refuseLate(millis: Int64)
    /// Answers 429 with a Retry-After.
    case busy(seconds: Int)
    /// Rotates and answers after this many milliseconds (case O-07).
    case slow(millis: Int64)
    /// Rotates and says nothing: the connection ends (case O-03).
    case loseAnswer
    /// Closes the connection, and does nothing.
    case hangUp
}

final class FakeAuthority: Sendable {
    struct Request: Sendable {
        let path: String
        let form: [String: String]
        let authorization: String?
    }

    private struct State {
        var current: [String: Int] = [:]
        var ended: Set<String> = []
        var calls: [String: Int] = [:]
        var scripts: [String: [Behaviour]] = [:]
        var usual = Behaviour.rotate(lives: 3600)
        var inFlight = 0
        var mostInFlight = 0
        var requests: [Request] = []
        var repeats: Int?
    }

    private let state = Mutex(State())
    private let channel: any Channel
    private static let group = MultiThreadedEventLoopGroup.singleton

    let port: Int

    init() throws {
        let box = Mutex<FakeAuthority?>(nil)
        let holder = Holder(box: box)
        channel = try ServerBootstrap(group: Self.group).serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Exchange(holder))
                }
            }.bind(host: "127.0.0.1", port: 0).wait()
        port = channel.localAddress?.port ?? 0
        holder.set(self)
    }

    func stop() { try? channel.close().wait() }

    // MARK: what tests say and ask

    /// The next requests of an account are answered so; afterwards as usual.
    func script(_ account: String, _ behaviours: Behaviour...) { state.withLock { $0.scripts[account] = behaviours } }

    /// Everything is answered with `status` and the Authorization field that was sent.
    func repeats(status: Int) { state.withLock { $0.repeats = status } }

    func usually(_ behaviour: Behaviour) { state.withLock { $0.usual = behaviour } }

    /// Requests that were made for an account.
    func calls(_ account: String) -> Int { state.withLock { $0.calls[account] ?? 0 } }
    var allCalls: [String: Int] { state.withLock { $0.calls } }
    /// Accounts that ended because an old refresh token came back.
    var ended: Set<String> { state.withLock { $0.ended } }
    /// The number of the refresh token that is good now.
    func current(_ account: String) -> Int { state.withLock { $0.current[account] ?? 0 } }
    var mostInFlight: Int { state.withLock { $0.mostInFlight } }
    var requests: [Request] { state.withLock { $0.requests } }

    // MARK: answering

    struct Reply {
        var status = 200
        var body = ""
        var retryAfter: Int?
        var delay = Int64(0)
        var isLost = false
    }

    func begin(_ request: Request) -> Reply {
        state.withLock { state in
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            state.requests.append(request)
            return Self.answer(request, &state)
        }
    }

    func end() { state.withLock { $0.inFlight -= 1 } }

    private static func answer(_ request: Request, _ state: inout State) -> Reply {
        if let status = state.repeats {
            return Reply(status: status, body: #"{"error":"you sent \#(request.authorization ?? "nothing")"}"#)
        }
        let parts = (request.form["refresh_token"] ?? "r.code.0").split(separator: ".").map(String.init)
        guard parts.count == 3, let number = Int(parts[2]) else {
            return Reply(status: 400, body: #"{"error":"invalid_request"}"#)
        }
        let account = parts[1]
        state.calls[account, default: 0] += 1
        var script = state.scripts[account] ?? []
        let behaviour = script.isEmpty ? state.usual : script.removeFirst()
        state.scripts[account] = script
        var reply = Reply()
        switch behaviour {
        case .refuse(let status, let body): return Reply(status: status, body: body)
        case .refuseLate(let millis): return Reply(status: 400, body: #"{"error":"invalid_grant"}"#, delay: millis)
        case .busy(let seconds): return Reply(status: 429, body: "{}", retryAfter: seconds)
        case .hangUp:
            reply.isLost = true
            return reply
        case .slow(let millis): reply.delay = millis
        case .loseAnswer: reply.isLost = true
        case .rotate, .keep, .state: break
        }
        guard number == state.current[account] ?? 0, !state.ended.contains(account) else {
            state.ended.insert(account)
            return Reply(status: 400, body: #"{"error":"invalid_grant"}"#)
        }
        reply.body = grant(account, number, behaviour, &state)
        return reply
    }

    private static func grant(_ account: String, _ number: Int, _ behaviour: Behaviour, _ state: inout State) -> String
    {
        var members = [#""token_type":"Bearer""#]
        let serial = state.calls[account] ?? 0
        members.append(#""access_token":"a.\#(account).\#(serial)""#)
        if case .keep = behaviour {
        } else {
            state.current[account] = number + 1
            members.append(#""refresh_token":"r.\#(account).\#(number + 1)""#)
        }
        switch behaviour {
        case .rotate(let lives): members.append(#""expires_in":\#(lives)"#)
        case .state(let text): members.append(text)
        default: members.append(#""expires_in":3600"#)
        }
        return "{\(members.filter { !$0.isEmpty }.joined(separator: ","))}"
    }

    /// Until the authority is made, its handlers have none.
    private final class Holder: Sendable {
        private let value: Mutex<FakeAuthority?>

        init(box: consuming Mutex<FakeAuthority?>) { value = box }

        func set(_ authority: FakeAuthority) { value.withLock { $0 = authority } }
        var authority: FakeAuthority? { value.withLock { $0 } }
    }

    private final class Exchange: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let holder: Holder
        private var head: HTTPRequestHead?
        private var body = ""

        init(_ holder: Holder) { self.holder = holder }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, "")
            case .body(let bytes): body += String(buffer: bytes)
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            guard let authority = holder.authority, let head else { return context.close(promise: nil) }
            let reply = authority.begin(
                Request(path: head.uri, form: Self.form(body), authorization: head.headers.first(name: "authorization"))
            )
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(reply.delay)) {
                authority.end()
                bound.value.0.send(reply, bound.value.1)
            }
        }

        private func send(_ reply: Reply, _ context: ChannelHandlerContext) {
            guard !reply.isLost else { return context.close(promise: nil) }
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: reply.status))
            head.headers.add(name: "content-type", value: "application/json")
            head.headers.add(name: "content-length", value: "\(reply.body.utf8.count)")
            if let seconds = reply.retryAfter { head.headers.add(name: "retry-after", value: "\(seconds)") }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        private static func form(_ text: String) -> [String: String] {
            let pairs = text.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
            return Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { first, _ in first }
        }
    }
}
