// Courier: sends a request that was decided, and brings back its whole answer.
//
// For: token endpoints, revocation endpoints, and the harmless question of a test.
// Refuses: answers larger than token answers are; addresses that the guard forbids, where somebody else than the operator named
//      them. Redirects are answers like every other.
// Called by: TokenEndpoint, Service; on the service's loop.

import Connections
import HTTP
import NIOCore

/// A whole answer.
struct CourierAnswer: Sendable {
    let status: Int
    let contentType: String?
    /// Seconds that the endpoint asks to be left alone.
    let retryAfter: Int64?
    let body: [UInt8]
}

/// Why there is none.
enum CourierFailure: Error, Hashable, Sendable {
    /// Nothing was sent.
    case unreachable(String)
    /// The guard does not let it be sent. The reason is for a tenant: it says nothing of where a name leads.
    case forbidden(String)
    /// It was sent, and no whole answer came.
    case brokenOff(String)
    case tooLarge

    var isForbidden: Bool {
        if case .forbidden = self { true } else { false }
    }

    /// For people, tenants among them.
    var text: String {
        switch self {
        case .unreachable(let why): "the provider was not reached: \(why)"
        case .forbidden(let why): "the address is not allowed: \(why)"
        case .brokenOff(let why): "no whole answer came: \(why)"
        case .tooLarge: "the answer is larger than \(TokenAnswer.largest) bytes"
        }
    }
}

/// Bound to its event loop.
final class Courier {
    private let pool: UpstreamPool
    private let loop: any EventLoop
    private let forbade: (AddressRefusal) -> Void
    /// Replaced by a reload.
    var addressGuard: AddressGuard

    /// `forbade` is told where a name led that may not be called: the operator's knowledge, and no asker's.
    init(
        pool: UpstreamPool, on loop: any EventLoop, addressGuard: AddressGuard,
        forbade: @escaping (AddressRefusal) -> Void
    ) {
        (self.pool, self.loop, self.addressGuard, self.forbade) = (pool, loop, addressGuard, forbade)
    }

    /// Ends what is under way and what is kept open.
    func close() { pool.close() }

    /// Sends `request`; `done` is called once, never before this has returned. `guarded` adds to what the request says.
    func send(
        _ request: OutboundRequest, guarded: Bool = false, within timeout: TimeAmount,
        _ done: @escaping (Result<CourierAnswer, CourierFailure>) -> Void
    ) -> Errand {
        let errand = Errand(forbade, done)
        do throws(CourierFailure) {
            let origin = try origin(of: request, guarded: guarded || request.isGuarded)
            errand.call = pool.send(
                to: origin, head: Self.head(of: request), body: ByteBuffer(bytes: request.body?.bytes ?? []),
                timeouts: Self.timeouts(timeout), receiver: errand)
        } catch {
            loop.assumeIsolated().execute { errand.end(.failure(error)) }
        }
        return errand
    }

    private func origin(of request: OutboundRequest, guarded: Bool) throws(CourierFailure) -> UpstreamOrigin {
        let origin = request.origin
        guard guarded else {
            return UpstreamOrigin(secure: origin.isSecure, host: origin.host, port: origin.port)
        }
        do throws(TargetRefusal) {
            let url = try OutboundURL(origin.description)
            return try addressGuard.origin(of: url, ports: request.namedPorts)
        } catch {
            throw .forbidden("\(error)")
        }
    }

    private static func head(of request: OutboundRequest) -> ByteBuffer {
        let target = String(decoding: request.target.bytes, as: UTF8.self)
        var builder = UpstreamHeadBuilder(
            method: request.method.token, target: target, host: request.origin.hostField)
        builder.headers.append("accept-encoding", "identity")
        for field in request.fields {
            field.name.utf8.withContiguousStorageIfAvailable { name in
                field.value.bytes.withUnsafeBytes {
                    builder.headers.append(name: UnsafeRawBufferPointer(name), value: $0)
                }
            }
        }
        return builder.finish(contentLength: request.body?.bytes.count)
    }

    private static func timeouts(_ total: TimeAmount) -> UpstreamTimeouts {
        var timeouts = UpstreamTimeouts()
        timeouts.connect = min(timeouts.connect, total)
        timeouts.wait = min(timeouts.wait, total)
        timeouts.firstByte = total
        timeouts.idle = total
        timeouts.total = total
        return timeouts
    }
}

/// One request under way.
final class Errand: UpstreamReceiver {
    fileprivate(set) var call: UpstreamCall?
    private var done: ((Result<CourierAnswer, CourierFailure>) -> Void)?
    private let forbade: (AddressRefusal) -> Void
    private var head: ResponseHead?
    private var body: [UInt8] = []

    init(
        _ forbade: @escaping (AddressRefusal) -> Void, _ done: @escaping (Result<CourierAnswer, CourierFailure>) -> Void
    ) {
        (self.forbade, self.done) = (forbade, done)
    }

    /// Ends it; `done` is told that nothing whole came.
    func cancel() {
        call?.cancel()
        end(.failure(.brokenOff("it took too long")))
    }

    func upstreamHead(_ head: ResponseHead) { self.head = head }

    func upstreamBody(_ bytes: ByteBuffer) {
        guard body.count + bytes.readableBytes <= TokenAnswer.largest else {
            call?.cancel()
            return end(.failure(.tooLarge))
        }
        body.append(contentsOf: bytes.readableBytesView)
    }

    func upstreamEnd() {
        guard let head else { preconditionFailure("an answer has a head") }
        end(
            .success(
                CourierAnswer(
                    status: head.status, contentType: head.fields.text(of: "content-type"),
                    retryAfter: head.fields.text(of: "retry-after").flatMap(Self.seconds), body: body)))
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        switch (failure.cause, failure.retry) {
        case (.forbiddenAddress(let refusal), _):
            forbade(refusal)
            end(.failure(.forbidden(refusal.description)))
        case (let cause, .nothingSent): end(.failure(.unreachable("\(cause)")))
        case (let cause, _): end(.failure(.brokenOff("\(cause)")))
        }
    }

    fileprivate func end(_ result: Result<CourierAnswer, CourierFailure>) {
        let done = done
        (self.done, call) = (nil, nil)
        done?(result)
    }

    /// A whole number of seconds (RFC 9110 §10.2.3); dates, which no token endpoint is known to send, count as unstated.
    private static func seconds(_ text: String) -> Int64? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}

extension Connections.RequestMethod {
    /// As the request line has it.
    fileprivate var token: StaticString {
        switch self {
        case .get: "GET"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .head: "HEAD"
        }
    }
}
