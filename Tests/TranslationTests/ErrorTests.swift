// Errors: ours in both dialects, and the vendors' as far as they are acted on.

import JSON
import Testing
import Translation

@Suite struct ErrorTests {
    private func json(_ body: ErrorBody, _ dialect: Dialect, _ requestID: String = "req_1") -> String {
        var out: [UInt8] = []
        body.appendJSON(dialect, requestID: requestID, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test func anthropicBodiesHaveTypeMessageAndRequest() {
        let body = ErrorBody(.billing, "The balance \"5\" does not allow it.")
        #expect(
            json(body, .anthropic)
                == #"{"type":"error","error":{"type":"billing_error","message":"The balance \"5\" does not allow it."},"request_id":"req_1"}"#
        )
        #expect(json(body, .anthropic, "").hasSuffix(#"it."}}"#))
    }

    @Test func openAIBodiesHaveMessageTypeParamAndCode() {
        #expect(
            json(ErrorBody(.notFound, "No such model.", param: "model", code: "model_not_found"), .openai)
                == #"{"error":{"message":"No such model.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#
        )
        #expect(
            json(ErrorBody(.authentication, "No."), .openai)
                == #"{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#)
    }

    @Test func eventsAreNamedForAnthropicOnly() {
        var out: [UInt8] = []
        ErrorBody(.overloaded, "Busy.").appendEvent(.anthropic, requestID: "", to: &out)
        #expect(
            NaiveEvent.all(in: out)
                == [
                    NaiveEvent(
                        name: "error", data: #"{"type":"error","error":{"type":"overloaded_error","message":"Busy."}}"#)
                ])
        out = []
        ErrorBody(.overloaded, "Busy.").appendEvent(.openai, requestID: "", to: &out)
        #expect(NaiveEvent.all(in: out).first?.name == "")
    }

    @Test(arguments: [
        (ErrorKind.invalidRequest, 400, "invalid_request_error"), (.authentication, 401, "authentication_error"),
        (.billing, 402, "billing_error"), (.permission, 403, "permission_error"), (.notFound, 404, "not_found_error"),
        (.requestTooLarge, 413, "request_too_large"), (.rateLimit, 429, "rate_limit_error"),
        (.internal, 500, "api_error"),
        (.upstreamFailed, 502, "api_error"), (.unavailable, 503, "api_error"), (.overloaded, 529, "overloaded_error"),
    ])
    func statusesMapToAnthropicTypes(_ kind: ErrorKind, _ status: Int, _ type: String) {
        #expect(kind.status == status)
        #expect(ErrorKind(status: status) == kind)
        #expect(json(ErrorBody(kind, ""), .anthropic).contains("\"type\":\"\(type)\""))
    }

    @Test func unknownStatusesFallToTheirClass() {
        #expect(ErrorKind(status: 418) == .invalidRequest)
        #expect(ErrorKind(status: 599) == .internal)
        #expect(Set(ErrorKind.allCases.map(\.status)).count == ErrorKind.allCases.count)
    }

    private func read(_ body: String, _ status: Int, _ dialect: Dialect = .openai) -> VendorError? {
        Array(body.utf8).withUnsafeBytes { VendorError.read($0, status: status, dialect: dialect) }
    }

    @Test func theHTTPStatusWinsOverWhatTheBodySays() throws {
        let error = try #require(
            read(#"{"error":{"message":"m","type":"t","code":"rate_limit_exceeded","param":"p"}}"#, 400))
        #expect(error.kind == .invalidRequest && error.status == 400)
        #expect([error.message, error.type, error.code, error.param] == ["m", "t", "rate_limit_exceeded", "p"])
    }

    @Test(arguments: [
        (#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Dialect.anthropic, 529),
        (#"{"type":"error","error":{"type":"rate_limit_error","message":"x"}}"#, .anthropic, 429),
        (#"{"type":"error","error":{"type":"new_error","message":"x"}}"#, .anthropic, 500),
        (#"{"error":{"code":429,"message":"x"}}"#, .openai, 429),
        (#"{"error":{"code":"503","message":"x"}}"#, .openai, 503),
        (#"{"error":{"code":"context_length_exceeded","message":"x"}}"#, .openai, 400),
        (#"{"error":{"code":null,"type":"server_error","message":"x"}}"#, .openai, 500),
        (#"{"error":{"type":"overloaded_error"}}"#, .openai, 503), (#"{"error":"text"}"#, .openai, 500),
        (#"{"error":{"code":99999999999999999999,"message":"x"}}"#, .openai, 500),
    ])
    func anErrorInsideA200HasAStatus(_ body: String, _ dialect: Dialect, _ status: Int) {
        #expect(read(body, 200, dialect)?.status == status)
    }

    @Test(arguments: [
        "", "<html>", "{", "[]", "{}", #"{"error":null}"#, #"{"message":"x"}"#, #"{"id":"x","choices":[]}"#,
    ])
    func whatHasNoErrorObjectIsNone(_ body: String) {
        #expect(read(body, 200) == nil)
    }

    @Test func flatErrorsCountWhenTheStatusIsOne() {
        #expect(read(#"{"message":"x"}"#, 422)?.message == "x")
        #expect(read(#"{"detail":"not authenticated"}"#, 401)?.message == "not authenticated")
        #expect(read("{}", 500) == nil)
        #expect(VendorError(status: 503).kind == .unavailable)
    }
}
