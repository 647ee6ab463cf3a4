// Reply: one answer on its way, in its dialect.
//
// For: headers, status and error types that the two dialects name differently.
// Refuses: nothing.
// Called by: DemoHandler.

import HTTP
import NIOCore

/// Where an answer goes and how it is named.
struct Reply {
    let exchange: HTTPExchange
    let id: String
    let dialect: Dialect

    init(_ exchange: HTTPExchange, id: String, dialect: Dialect) {
        self.exchange = exchange
        self.id = id
        self.dialect = dialect
    }

    func whole(_ answer: DemoAnswer, _ request: DemoRequest) {
        switch dialect {
        case .anthropic: json(200, AnthropicShapes.message(answer, model: request.model, id: id))
        case .openai: json(200, OpenAIShapes.completion(answer, model: request.model, id: id))
        }
    }

    func stream(_ answer: DemoAnswer, _ request: DemoRequest, every interval: TimeAmount) {
        let events =
            switch dialect {
            case .anthropic: AnthropicShapes.events(answer, model: request.model, id: id)
            case .openai:
                OpenAIShapes.events(answer, model: request.model, id: id, includesUsage: request.includesUsage)
            }
        var headers = identified()
        headers.append("content-type", "text/event-stream; charset=utf-8")
        headers.append("cache-control", "no-cache")
        exchange.startStream(status: 200, headers: headers)
        EventPump(events, every: interval, to: exchange).run()
    }

    func models(_ names: [String]) {
        json(200, dialect == .anthropic ? AnthropicShapes.models(names) : OpenAIShapes.models(names))
    }

    func refuse(_ status: Int, _ message: String) {
        let type = Self.errorType(status)
        switch dialect {
        case .anthropic: json(status, AnthropicShapes.error(type, message, id: "req_\(id)"))
        case .openai: json(status, OpenAIShapes.error(type, message))
        }
    }

    func text(_ text: String) {
        var headers = identified()
        headers.append("content-type", "text/plain; charset=utf-8")
        exchange.respond(status: 200, headers: headers, body: ByteBuffer(string: text))
    }

    private func json(_ status: Int, _ body: [UInt8]) {
        var headers = identified()
        headers.append("content-type", "application/json")
        exchange.respond(status: status, headers: headers, body: ByteBuffer(bytes: body))
    }

    private func identified() -> HeaderBlock {
        var headers = HeaderBlock()
        headers.append(dialect == .anthropic ? "request-id" : "x-request-id", "req_\(id)")
        return headers
    }

    private static func errorType(_ status: Int) -> StaticString {
        switch status {
        case 404: "not_found_error"
        case 413: "request_too_large"
        default: "invalid_request_error"
        }
    }
}
