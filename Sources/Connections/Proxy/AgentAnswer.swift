// AgentAnswer: what an agent gets back, in one form whatever the provider answered.
//
// For: `{success, status, data, cache}` and `{success, error, code, status}`.
// Refuses: to call an answer a success that its provider calls a failure; to repeat a secret that was sent in an error.
// Called by: gatewayd, with a whole answer or with a failure of its own.

import JSON
import Tenancy

/// An answer of the agent API.
public struct AgentAnswer: Sendable {
    /// The HTTP status.
    public let status: Int
    /// JSON.
    public let body: [UInt8]
    /// What it says no with; `nil` for a success.
    public let code: AgentErrorCode?
    /// Whether the provider did not accept the credential, which whoever keeps it wants to know.
    public let rejectsCredential: Bool
    /// When to come back, in seconds from now, where somebody said: for a Retry-After field (RFC 9110 §10.2.3).
    public let retryAfterSeconds: Int?

    /// The largest error of a provider that is handed on as it is, in bytes.
    public static let largestErrorData = 16_384

    /// A failure as an answer. `data` is JSON that goes along with it.
    public init(_ failure: AgentFailure, data: UnsafeRawBufferPointer? = nil, rejectsCredential: Bool = false) {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object { object in
                object.member("success", false)
                object.member("error", failure.message)
                object.member("code", failure.code.rawValue)
                object.member("status", failure.status)
                if let seconds = failure.retryAfterSeconds { object.member("retry_after", seconds) }
                if !failure.problems.isEmpty { object.member("details", array: { Self.write(failure.problems, &$0) }) }
                if !failure.accounts.isEmpty {
                    object.member("accounts", array: { for name in failure.accounts { $0.string(name.text) } })
                }
                if let data {
                    object.key("data")
                    object.raw(data)
                }
            }
        }
        (status, body, code) = (failure.status, out, failure.code)
        (self.rejectsCredential, retryAfterSeconds) = (rejectsCredential, failure.retryAfterSeconds)
    }

    private static func write(_ problems: [AgentProblem], _ writer: inout JSONWriter) {
        for problem in problems {
            writer.object {
                $0.member("path", problem.path)
                $0.member("reason", problem.reason)
            }
        }
    }

    /// A success around `data`, which is JSON. Its own status is 200: the provider's may be one that has no body
    /// (204, 205).
    private init(provider status: Int, data: (inout JSONWriter) -> Void) {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object { object in
                object.member("success", true)
                object.member("status", status)
                object.key("data")
                data(&object)
                object.member("cache", "MISS")
            }
        }
        (self.status, body, code, rejectsCredential, retryAfterSeconds) = (200, out, nil, false, nil)
    }

    /// What `call` gets for a provider's whole answer. `secrets` are what the request carried; `retryAfterSeconds` is when
    /// the provider wants to be asked again.
    public static func of(
        status: Int, contentType: String?, retryAfterSeconds: Int? = nil, body: UnsafeRawBufferPointer,
        to call: AgentCall, from provider: ProviderDefinition, hiding secrets: [SecretText]
    ) -> AgentAnswer {
        let answer = ProviderAnswer(status: status, contentType: contentType, body: body, rules: provider.answers)
        if var failure = answer.failure(provider.displayName, hiding: secrets) {
            failure.retryAfterSeconds = retryAfterSeconds
            let data = answer.errorData(hiding: secrets)
            return AgentAnswer(failure, data: data, rejectsCredential: failure.code == .tokenExpired)
        }
        guard answer.isJSON else { return AgentAnswer(provider: status) { answer.writeForeign(to: &$0) } }
        let reduced = call.reduced(body)
        return AgentAnswer(provider: status) { writer in
            if let reduced { reduced.withUnsafeBytes { writer.raw($0) } } else { writer.raw(body) }
        }
    }
}

extension AgentCall {
    /// What is wanted of a provider's JSON; `nil` for all of it.
    fileprivate func reduced(_ json: UnsafeRawBufferPointer) -> [UInt8]? {
        do throws(JSONFault) {
            let picked = fields.isEmpty ? nil : try FieldProjection(fields).applied(to: json)
            guard isCompact else { return picked }
            guard let picked else { return try CompactJSON.of(json) }
            return try compacted(picked)
        } catch {
            preconditionFailure("the scanner takes what it took before: \(error)")
        }
    }

    private func compacted(_ json: [UInt8]) throws(JSONFault) -> [UInt8] {
        let result: Result<[UInt8], JSONFault> = json.withUnsafeBytes { bytes in
            do throws(JSONFault) {
                return .success(try CompactJSON.of(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
