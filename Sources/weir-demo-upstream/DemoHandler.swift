// DemoHandler: the demo's routes.
//
// For: POST /v1/messages, POST /v1/chat/completions, GET /v1/models, and a line of text at / for a person with a browser.
// Refuses: other paths and methods, bodies above `largestBody`, in the dialect of the path.
// Called by: the HTTP server, one instance for its one event loop.

import HTTP
import JSON
import NIOCore

final class DemoHandler: RequestHandler {
    /// Ten times a long prompt; the demo reads all of it into memory.
    private static let largestBody = 8 << 20
    private static let models = ["weir-demo"]

    private let eventInterval: TimeAmount
    private var requests = 0

    init(eventInterval: TimeAmount) { self.eventInterval = eventInterval }

    func handle(_ exchange: HTTPExchange) {
        requests += 1
        let reply = Reply(exchange, id: "demo_\(requests)", dialect: Self.dialect(of: exchange.head))
        let isRead = exchange.head.method == .get || exchange.head.method == .head
        if exchange.head.pathEquals("/v1/messages") || exchange.head.pathEquals("/v1/chat/completions") {
            exchange.head.method == .post ? converse(reply) : reply.refuse(405, "use POST")
        } else if exchange.head.pathEquals("/v1/models"), isRead {
            reply.models(Self.models)
        } else if exchange.head.pathEquals("/"), isRead {
            reply.text("This is Weir's demo upstream, not a language model.\n")
        } else {
            reply.refuse(404, "the demo upstream has no such route")
        }
    }

    func refusal(of refused: RefusedRequest, headers: inout HeaderBlock) -> ByteBuffer {
        headers.append("content-type", "text/plain")
        return ByteBuffer(string: "this is not a request the demo upstream understands\n")
    }

    /// By the path, and for the path both vendors share by the header that only one of them asks for.
    private static func dialect(of head: RequestHead) -> Dialect {
        head.pathHasPrefix("/v1/messages") || head.fields.contains("anthropic-version") ? .anthropic : .openai
    }

    private func converse(_ reply: Reply) {
        reply.exchange.collectBody(limit: Self.largestBody) { result in
            switch result {
            case .success(let body): self.answer(body, reply)
            case .failure(.clientGone): break
            case .failure(let problem): reply.refuse(problem.status, "the body cannot be read")
            }
        }
    }

    private func answer(_ body: ByteBuffer, _ reply: Reply) {
        do {
            let value = try body.withUnsafeReadableBytes { try JSONValue(parsing: $0) }
            let request = try DemoRequest(value, reply.dialect)
            if request.isStream {
                reply.stream(DemoAnswer(to: request), request, every: eventInterval)
            } else {
                reply.whole(DemoAnswer(to: request), request)
            }
        } catch let refusal as DemoRequest.Refusal {
            reply.refuse(400, refusal.message)
        } catch {
            reply.refuse(400, "the body is no JSON: \(error)")
        }
    }
}
