// AccountRig: the account endpoints behind a real HTTP server, with a wallet that gives one answer.
//
// For: AccountTests.
// Refuses: authentication and routing, which are tested elsewhere: every request comes from one caller.

import HTTP
import IPC
import JSON
import Money
import NIOCore
import NIOPosix
import Routing
import Tenancy

@testable import gatewayd

final class AccountRig: Sendable {
    let rig: LiveRig
    /// The id of every request.
    let request = RequestID(number: 16)
    private let server: HTTPServer
    private let address: SocketAddress
    private let wallet: NIOLoopBound<Listener>
    private let clients: NIOLoopBound<WalletClient>

    /// What the wallet says: more digits than a double has.
    static let balance = BalanceAnswer(
        known: true, balance: Micros(9_007_199_254_740_993), held: Micros(5), free: Micros(9_007_199_254_740_988),
        entries: 3)

    init(walletAnswers: Bool, scope: Scope, cap: Micros?, expiresAt: UnixMillis?) async throws {
        let rig = try await LiveRig(loops: 1)
        self.rig = rig
        try await rig.makeTenant(.acme)
        let tenant = TenantRecord(
            number: 0, id: .acme, policy: .reserve, isSuspended: false, rate: nil, cell: RateCell())
        let key = KeyRecord(
            id: .test(0), fingerprint: .test(.test(0)), tenantNumber: 0, scope: scope, expiresAt: expiresAt ?? .never,
            cap: cap, rate: nil, cell: RateCell())
        let caller = AuthenticatedKey(key: key, tenant: tenant)
        let loop = rig.loops[0]
        (wallet, clients) = try await Self.startWallet(rig, answers: walletAnswers)
        let (clients, request) = (clients, request)
        server = HTTPServer(group: rig.group, configuration: ServerConfiguration()) { _ in
            AccountHandler(
                AccountEndpoints(
                    store: rig.queue, administration: rig.administration, wallet: clients.value, eventLoop: loop,
                    clock: { StoreRig.start }), caller, request)
        }
        try await server.start()
        address = try await server.listen(on: .address(host: "127.0.0.1", port: 0))
    }

    private static func startWallet(
        _ rig: LiveRig, answers: Bool
    ) async throws -> (NIOLoopBound<Listener>, NIOLoopBound<WalletClient>) {
        let loop = rig.loops[0]
        return try await loop.flatSubmit {
            let balance = ServiceRow.call(
                BalanceRequest.self, from: [.gatewayd, .cronjobd, .weirctl], within: .seconds(1)
            ) { _, answer in
                if answers { answer.send(AccountRig.balance) } else { answer.fail(.unavailable) }
            }
            let listener = Listener(
                .path(rig.socketPath), eventLoop: loop, table: ServiceTable(owner: .walletd, [balance]),
                identity: PeerIdentity(role: .walletd, instance: 1, build: "test"), policy: .development()
            ) { _ in }
            let client = WalletClient(
                path: rig.socketPath, eventLoop: loop,
                identity: PeerIdentity(role: .gatewayd, instance: 2, build: "test"), settings: LinkSettings(seed: 1))
            let bound = (NIOLoopBound(listener, eventLoop: loop), NIOLoopBound(client, eventLoop: loop))
            return listener.start().assumeIsolated().map {
                client.start()
                return bound
            }.nonisolated()
        }.get()
    }

    func close() async throws {
        _ = await server.drain(within: .seconds(1))
        try await rig.loops[0].submit { [wallet, clients] in
            clients.value.stop()
            wallet.value.close()
        }.get()
        try await rig.close()
    }

    /// Whether a key in the clear is accepted now.
    func accepts(_ secret: String) async throws -> Bool {
        let found = Box(false)
        try await rig.onLoop(0) { table in
            if case .accepted = table.find(.of(secret: secret), now: StoreRig.start) { found.value = true }
            return true
        }
        return found.value
    }

    /// One request on a connection of its own.
    func ask(_ method: String, _ target: String, _ body: String? = nil) async throws -> HTTPAnswer {
        let length = body.map { "content-length: \($0.utf8.count)\r\n" } ?? ""
        let text = "\(method) \(target) HTTP/1.1\r\nhost: weir\r\nconnection: close\r\n\(length)\r\n\(body ?? "")"
        let loop = rig.loops[0]
        let promise = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise))
                }
            }
            .connect(to: address).get()
        try await channel.writeAndFlush(ByteBuffer(string: text))
        return HTTPAnswer(try await promise.futureResult.get())
    }
}

func withAccount(
    walletAnswers: Bool = true, scope: Scope = .all, cap: Micros? = nil, expiresAt: UnixMillis? = nil,
    _ body: (AccountRig) async throws -> Void
) async throws {
    let account = try await AccountRig(walletAnswers: walletAnswers, scope: scope, cap: cap, expiresAt: expiresAt)
    do {
        try await body(account)
    } catch {
        try await account.close()
        throw error
    }
    try await account.close()
}

/// What came back.
struct HTTPAnswer {
    let status: Int
    let head: String
    let body: String
    let json: JSONValue?

    init(_ text: String) {
        let end = text.range(of: "\r\n\r\n")
        head = end.map { String(text[..<$0.lowerBound]) } ?? text
        body = end.map { String(text[$0.upperBound...]) } ?? ""
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
        json = Array(body.utf8).withUnsafeBytes { try? JSONValue(parsing: $0) }
    }

    subscript(name: String) -> JSONValue? { json?[name] }

    var errorCode: String? { json?["error"]?["code"]?.string }
}

extension String {
    fileprivate func range(of part: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(part) }.map { $0..<index($0, offsetBy: part.count) }
    }
}

/// Calls the endpoints for one caller, by path.
private final class AccountHandler: RequestHandler {
    private let endpoints: AccountEndpoints
    private let caller: AuthenticatedKey
    private let request: RequestID

    init(_ endpoints: AccountEndpoints, _ caller: AuthenticatedKey, _ request: RequestID) {
        self.endpoints = endpoints
        self.caller = caller
        self.request = request
    }

    func handle(_ exchange: HTTPExchange) {
        let path = exchange.head.pathText.split(separator: "/").map(String.init)
        switch (exchange.head.methodText, path.dropFirst().first ?? "", path.count) {
        case (_, "usage", _): endpoints.usage(caller, request, on: exchange)
        case (_, "billing", _): endpoints.balance(caller, request, on: exchange)
        case ("GET", "keys", 2): endpoints.listKeys(caller, request, on: exchange)
        case ("POST", "keys", 2): endpoints.createKey(caller, request, on: exchange)
        case ("PATCH", "keys", 3): endpoints.changeKey(path[2], caller, request, on: exchange)
        case ("DELETE", "keys", 3): endpoints.revokeKey(path[2], caller, request, on: exchange)
        default: endpoints.keyUsage(path[2], caller, request, on: exchange)
        }
    }

    func refusal(of refused: RefusedRequest, headers: inout HeaderBlock) -> ByteBuffer { ByteBuffer() }
}

/// Everything until the server closes.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<String>
    private var received = ByteBuffer()

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
    }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed(String(buffer: received)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
