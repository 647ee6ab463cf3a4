// Answer: what a client is told when its request goes no further, in its own dialect and with a request id.
//
// For: every refusal and failure that this gateway words itself.
// Refuses: nothing; a vendor's own error bodies are relayed elsewhere, unchanged (case T-17).
// Called by: Gateway, MeteredRequest, Endpoints.

import AgentTools
import Connections
import HTTP
import JSON
import NIOCore
import Routing
import Tenancy
import Translation

/// A refusal in this gateway's words.
struct Refusal: Error, Sendable {
    var kind: Translation.ErrorKind
    var message: String
    /// A stable word for programs: `wallet_exhausted`, `key_cap_exceeded`, …; empty where a vendor's error has none.
    var code: String
    /// The request field at fault, where there is one.
    var field: String?
    /// When to try again, in whole seconds.
    var retryAfterSeconds: Int?

    init(
        _ kind: Translation.ErrorKind, _ code: String, _ message: String, field: String? = nil,
        retryAfterSeconds: Int? = nil
    ) {
        self.kind = kind
        self.message = message
        self.code = code
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension Refusal {
    /// An admission refusal: kind, status and code follow from the closed list.
    init(_ admission: AdmissionRefusal, _ message: String, field: String? = nil, retryAfterSeconds: Int? = nil) {
        self.init(
            Translation.ErrorKind(status: admission.status), admission.code, message, field: field,
            retryAfterSeconds: retryAfterSeconds)
    }
}

/// Writing answers on an exchange.
enum Answer {
    /// Answers `refusal` in `manner`. `also` may add header fields.
    static func refuse(
        _ refusal: Refusal, _ manner: Manner, _ id: RequestID, on exchange: HTTPExchange,
        also: (inout HeaderBlock) -> Void = { _ in }
    ) {
        var body: [UInt8] = []
        append(refusal, manner, id, to: &body)
        let status = manner == .agent ? AgentFailure(refusal).status : refusal.kind.status
        exchange.respond(status: status, body: ByteBuffer(bytes: body)) { headers in
            headers.append("content-type", "application/json")
            if let seconds = refusal.retryAfterSeconds { headers.append("retry-after", seconds) }
            appendIdentity(of: id, manner, to: &headers)
            also(&headers)
        }
    }

    /// Answers 200 (or `status`) with a JSON body.
    static func json(
        _ body: [UInt8], status: Int = 200, retryAfterSeconds: Int? = nil, _ manner: Manner, _ id: RequestID,
        on exchange: HTTPExchange
    ) {
        exchange.respond(status: status, body: ByteBuffer(bytes: body)) { headers in
            headers.append("content-type", "application/json")
            if let retryAfterSeconds { headers.append("retry-after", retryAfterSeconds) }
            appendIdentity(of: id, manner, to: &headers)
        }
    }

    /// The error body of `refusal` in `manner`.
    static func append(_ refusal: Refusal, _ manner: Manner, _ id: RequestID, to body: inout [UInt8]) {
        let code = refusal.code.isEmpty ? nil : refusal.code
        let error = ErrorBody(refusal.kind, refusal.message, param: refusal.field, code: code)
        switch manner {
        case .anthropic: error.appendJSON(.anthropic, requestID: id.description, to: &body)
        case .openai: error.appendJSON(.openai, requestID: id.description, to: &body)
        case .account: appendAccountError(refusal, id, to: &body)
        case .agent: body += AgentAnswer(AgentFailure(refusal)).body
        case .tools: body += RPCError(code: -32000, refusal.message).answer(to: nil)
        }
    }

    /// The request id under our own name and, unless the vendor has named the request, under the name the dialect's SDK reads.
    static func appendIdentity(
        of id: RequestID, _ manner: Manner, vendorNamedIt: Bool = false, to headers: inout HeaderBlock
    ) {
        withUnsafeTemporaryAllocation(byteCount: RequestID.textLength, alignment: 1) { text in
            guard let start = text.baseAddress else { return }
            id.write(to: start)
            let bytes = UnsafeRawBufferPointer(text)
            headers.append("x-weir-request-id", bytes)
            guard !vendorNamedIt else { return }
            headers.append(manner == .anthropic ? "request-id" : "x-request-id", bytes)
        }
    }

    private static func appendAccountError(_ refusal: Refusal, _ id: RequestID, to body: inout [UInt8]) {
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.member(
                    "error",
                    object: {
                        $0.member("code", refusal.code)
                        $0.member("message", refusal.message)
                        if let field = refusal.field { $0.member("field", field) }
                        $0.member("request_id", id.description)
                    })
            }
        }
    }
}
