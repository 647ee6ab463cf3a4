// RequestPipeline: the rules between a request's body and its first attempt (steps 4 to 6), as plain functions.
//
// For: reading the body once, finding the upstreams, bounding the cost; and the words for every refusal on the way.
// Refuses: malformed bodies, unknown models, costs beyond 64 bits.
// Called by: MeteredRequest, Gateway.

import HTTP
import IPC
import Money
import NIOCore
import Routing
import Tenancy
import Translation

/// A request that may be held for and sent.
struct PlannedRequest {
    let summary: RequestSummary
    let plan: AttemptPlan
    let estimate: Micros
}

enum RequestPipeline {
    /// Steps 4 and 5: what the body asks for, who can serve it, and what it may cost at most.
    static func plan(_ body: ByteBuffer, for request: MeteredRequest) throws(Refusal) -> PlannedRequest {
        let isEmbeddings = request.surface == .embeddings
        let summary = try isEmbeddings ? embeddingsSummary(of: body) : summary(of: body, request.dialect)
        let gateway = request.gateway
        let plan = try gateway.plan(summary, nativeOnly: isEmbeddings)
        let size = RequestSize(
            textBytes: summary.textBytes, attachments: summary.attachments, attachmentBytes: summary.attachmentBytes,
            requestedOutput: summary.maxTokens, choices: summary.choices)
        guard let estimate = Estimate(size, plan, gateway.settings.tuning) else {
            throw Refusal(
                .outputOutOfRange,
                "The request must ask for at least one token of output and for 1 to \(Estimate.choicesMost) choices.")
        }
        return PlannedRequest(summary: summary, plan: plan, estimate: estimate.amount)
    }

    /// The body, read once.
    static func summary(of body: ByteBuffer, _ dialect: Dialect) throws(Refusal) -> RequestSummary {
        try read(body) { bytes throws(RequestRefusal) in try RequestSummary(reading: bytes, as: dialect) }
    }

    /// A Responses request as a chat request: for admission, or for one host of OpenAI's dialect.
    static func chat(of body: ByteBuffer, for traits: UpstreamTraits? = nil) throws(Refusal) -> ChatRequest {
        let reading: Result<ChatRequest, TranslationRefusal> = body.withUnsafeReadableBytes { bytes in
            do throws(TranslationRefusal) {
                return .success(try ResponsesRequest.chatBody(bytes, traits: traits))
            } catch {
                return .failure(error)
            }
        }
        switch reading {
        case .success(let chat): return chat
        case .failure(let problem): throw Refusal(.bodyMalformed, problem.message, field: problem.field)
        }
    }

    private static func embeddingsSummary(of body: ByteBuffer) throws(Refusal) -> RequestSummary {
        try read(body) { bytes throws(RequestRefusal) in try RequestSummary(readingEmbeddings: bytes) }
    }

    private static func read(
        _ body: ByteBuffer, _ reader: (UnsafeRawBufferPointer) throws(RequestRefusal) -> RequestSummary
    ) throws(Refusal) -> RequestSummary {
        let reading: Result<RequestSummary, RequestRefusal> = body.withUnsafeReadableBytes { bytes in
            do throws(RequestRefusal) { return .success(try reader(bytes)) } catch { return .failure(error) }
        }
        switch reading {
        case .success(let summary): return summary
        case .failure(let problem): throw Refusal(.bodyMalformed, problem.message, field: problem.field)
        }
    }

    /// What the input is likely to be, for billing an answer whose usage never came (flagged as an estimate): four bytes a
    /// token is what English prose has; the hold's two would charge the tenant double.
    static func likelyInputTokens(of summary: RequestSummary) -> Int64 {
        Int64((summary.textBytes + 3) / 4) + Int64(summary.attachments) * likelyTokensPerAttachment
    }

    /// An image of a megapixel, as both vendors document it, is 750 to 1,600 tokens.
    private static let likelyTokensPerAttachment: Int64 = 1000
}

extension RequestPipeline {
    /// walletd can not be asked: fail closed (case B-07).
    static let walletUnavailable = Refusal(
        .walletUnavailable, "The wallet is not available; please try again.", retryAfterSeconds: 1)

    /// Usage could not be recorded (disk full): fail closed.
    static let storeUnavailable = Refusal(
        .unavailable, "storage_unavailable", "Usage can not be recorded at the moment; please try again.",
        retryAfterSeconds: 5)

    /// The daemon drains.
    static let restarting = Refusal(
        .draining, "The gateway is restarting; please try again.", retryAfterSeconds: 1)

    /// The answer to a wallet that says no.
    static func refusal(for refusal: WalletRefusal, estimate: Micros, free: Micros) -> Refusal {
        switch refusal {
        case .budgetExceeded:
            Refusal(
                .keyCapExceeded, "This API key's spending cap does not leave the \(estimate) USD this request may cost."
            )
        case .tenantUnknown: Refusal(.walletMissing, "This account has no balance yet; please top it up.")
        case .insufficientFunds:
            Refusal(
                .insufficientFunds,
                "The balance does not cover this request: it may cost up to \(estimate) USD, \(max(free, .zero)) USD are free."
            )
        case .tooManyHolds:
            Refusal(
                .overloaded, "too_many_requests_in_flight", "Too many requests of this account are under way.",
                retryAfterSeconds: 1)
        case .amountOutOfRange, .existsWithDifferentContent, .originalUnknown, .originalNotRefundable,
            .refundExceedsOriginal, .balanceOutOfRange, .holdExists:
            Refusal(.internal, "wallet_refused", "The wallet refused this request.")
        }
    }

    /// What the error ledger calls a refusal; `nil` for those that are the client's own business.
    static func ledgerKind(of refusal: Refusal) -> ErrorKind? {
        switch refusal.code {
        case "insufficient_funds", "wallet_missing": .insufficientFunds
        case "key_cap_exceeded": .budgetExceeded
        case "wallet_unavailable": .walletUnavailable
        case "wallet_refused": .internalFault
        default: nil
        }
    }

    /// The answer to a request that is not valid HTTP or not within our bounds.
    static func refusal(for problem: RequestProblem, _ settings: GatewaySettings) -> Refusal {
        let kind = Translation.ErrorKind(status: problem.status)
        switch problem {
        case .bodyTooLarge:
            return Refusal(.bodyTooLarge, "The request body is larger than \(settings.bodyBytesMost) bytes.")
        case .headTooLarge, .tooManyFields, .targetTooLong:
            return Refusal(
                kind, "head_too_large", "The request's target or header fields are larger than this gateway takes.")
        case .headTimeout, .bodyTimeout: return Refusal(kind, "request_timeout", "The request did not arrive in time.")
        case .lengthRequired: return Refusal(kind, "length_required", "The request needs a Content-Length.")
        case .unsupportedContentCoding:
            return Refusal(kind, "unsupported_content_coding", "The request body may be identity, gzip or deflate.")
        case .undecodableContent:
            return Refusal(kind, "undecodable_content", "The request body is not valid gzip or deflate.")
        case .expectationFailed: return Refusal(kind, "expectation_failed", "The only expectation met is 100-continue.")
        case .malformed(let what): return Refusal(kind, "malformed_request", "The request is not valid HTTP: \(what).")
        case .unsupportedTransferCoding, .unsupportedMethod, .unsupportedVersion, .clientGone:
            return Refusal(kind, "unsupported", "This gateway speaks HTTP/1.1 with the chunked transfer coding only.")
        }
    }
}
