// ErrorBody: an error of the gateway's own, said in the client's dialect.
//
// For: JSON answers and the terminal event of a stream that cannot go on (T-01, T-18).
// Refuses: nothing. The message is written by us; nothing of an upstream's host or key belongs in it.
// Called by: gatewayd, PassthroughStream.

import JSON

/// An error to be told to a client.
public struct ErrorBody: Hashable, Sendable {
    /// Its class; the status follows from it.
    public let kind: ErrorKind
    /// A sentence for the person at the other end.
    public let message: String
    /// The offending field, when there is one (OpenAI's `param`).
    public let param: String?
    /// A machine-readable name (OpenAI's `code`); the kind's usual one when `nil`.
    public let code: String?

    public init(_ kind: ErrorKind, _ message: String, param: String? = nil, code: String? = nil) {
        self.kind = kind
        self.message = message
        self.param = param
        self.code = code
    }

    /// A refused request, with its field.
    public init(_ refusal: RequestRefusal) {
        self.init(.invalidRequest, refusal.message, param: refusal.field)
    }
}

extension ErrorBody {
    /// Appends the JSON body of an error answer. An empty `requestID` is left out.
    public func appendJSON(_ dialect: Dialect, requestID: String, to out: inout [UInt8]) {
        JSONWriter.append(to: &out) { writer in
            switch dialect {
            case .anthropic: writeAnthropic(requestID, to: &writer)
            case .openai: writeOpenAI(to: &writer)
            }
        }
    }

    /// Appends the error as the last event of a stream. No terminal event may follow it.
    public func appendEvent(_ dialect: Dialect, requestID: String, to out: inout [UInt8]) {
        out.append(contentsOf: dialect == .anthropic ? "event: error\ndata: ".utf8 : "data: ".utf8)
        appendJSON(dialect, requestID: requestID, to: &out)
        out.append(contentsOf: "\n\n".utf8)
    }

    /// `{"type":"error","error":{"type":…,"message":…},"request_id":…}`
    private func writeAnthropic(_ requestID: String, to writer: inout JSONWriter) {
        writer.object {
            $0.member("type", "error")
            $0.member(
                "error",
                object: {
                    $0.member("type", kind.anthropicType.description)
                    $0.member("message", message)
                })
            if !requestID.isEmpty { $0.member("request_id", requestID) }
        }
    }

    /// `{"error":{"message":…,"type":…,"param":…,"code":…}}`
    private func writeOpenAI(to writer: inout JSONWriter) {
        writer.object {
            $0.member(
                "error",
                object: {
                    $0.member("message", message)
                    $0.member("type", kind.openAIType.description)
                    $0.member("param", param)
                    $0.member("code", code ?? kind.openAICode)
                })
        }
    }
}
