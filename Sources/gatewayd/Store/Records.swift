// Records: what gatewayd keeps of every attempt, as values.
//
// For: carrying one attempt's outcome from the event loop that served it to the store thread, and from there to the wallet.
// Refuses: texts above their bounds (they are cut); numbers of stored enums are never reused.
// Called by: RequestPipeline and Settlement (make and settle them), StoreQueue and Store (keep them), Service (shows them).

import IPC
import Money
import Tenancy
import Translation

/// Which surface the client used. Stored: numbers are never reused.
enum Surface: UInt8, CaseIterable, Sendable {
    case anthropic = 1
    case openai = 2
    /// `POST /v1/responses`.
    case responses = 3
    /// `POST /v1/embeddings`.
    case embeddings = 4

    /// The language its requests and errors are in.
    var dialect: Dialect { self == .anthropic ? .anthropic : .openai }

    /// The name in answers, logs and tables.
    var name: String {
        switch self {
        case .anthropic: "anthropic"
        case .openai: "openai"
        case .responses: "responses"
        case .embeddings: "embeddings"
        }
    }
}

/// How an attempt ended. Stored: numbers are never reused.
enum AttemptStatus: UInt8, CaseIterable, Sendable {
    /// The answer ended the way its dialect says.
    case completed = 1
    /// The upstream ended or stalled after content had reached the client.
    case truncated = 2
    /// The upstream failed, or answered an error, before any content; the client got that error.
    case upstreamError = 3
    /// The client went away first; billed for what was used (cases B-10, B-11).
    case clientGone = 4
    /// Nothing was sent upstream: wallet, limits or the request itself forbade it.
    case refused = 5
    /// The attempt failed before content and the next one of the plan took over: not counted as a request of its own.
    case failedOver = 6
    /// The daemon stopped while the answer was on its way.
    case drained = 7

    /// The name in answers, logs and tables.
    var name: String {
        switch self {
        case .completed: "completed"
        case .truncated: "truncated"
        case .upstreamError: "upstream_error"
        case .clientGone: "client_gone"
        case .refused: "refused"
        case .failedOver: "failed_over"
        case .drained: "drained"
        }
    }
}

/// What an error row is about. Stored: numbers are never reused.
enum ErrorKind: UInt8, CaseIterable, Sendable {
    case insufficientFunds = 1
    case budgetExceeded = 2
    case walletUnavailable = 3
    case rateLimited = 4
    case requestInvalid = 5
    case modelUnknown = 6
    case forbidden = 7
    case upstreamConnect = 8
    case upstreamTimeout = 9
    case upstreamStatus = 10
    case upstreamClosed = 11
    case upstreamMalformed = 12
    case upstreamEvent = 13
    case clientGone = 14
    case settlementRefused = 15
    case storageUnavailable = 16
    case draining = 17
    case internalFault = 18
    /// An address that somebody else than the operator named may not be called.
    case addressForbidden = 19
    /// A provider did not accept a connected account's credential.
    case credentialRefused = 20

    /// The name in answers, logs and tables.
    var name: String {
        switch self {
        case .insufficientFunds: "insufficient_funds"
        case .budgetExceeded: "budget_exceeded"
        case .walletUnavailable: "wallet_unavailable"
        case .rateLimited: "rate_limited"
        case .requestInvalid: "request_invalid"
        case .modelUnknown: "model_unknown"
        case .forbidden: "forbidden"
        case .upstreamConnect: "upstream_connect"
        case .upstreamTimeout: "upstream_timeout"
        case .upstreamStatus: "upstream_status"
        case .upstreamClosed: "upstream_closed"
        case .upstreamMalformed: "upstream_malformed"
        case .upstreamEvent: "upstream_event"
        case .clientGone: "client_gone"
        case .settlementRefused: "settlement_refused"
        case .storageUnavailable: "storage_unavailable"
        case .draining: "draining"
        case .internalFault: "internal"
        case .addressForbidden: "address_forbidden"
        case .credentialRefused: "credential_refused"
        }
    }
}

/// What is remarkable about an attempt's numbers. Stored: bits are never reused.
struct UsageFlags: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    /// The vendor reported no usage; the counts are ours (case B-14).
    static let estimated = UsageFlags(rawValue: 1 << 0)
    /// The vendor reported an impossible count that was clamped (case B-20).
    static let clamped = UsageFlags(rawValue: 1 << 1)
    /// The cost was above the hold (case B-03).
    static let overrun = UsageFlags(rawValue: 1 << 2)
    /// The client asked for a stream.
    static let streamed = UsageFlags(rawValue: 1 << 3)
}

/// What went wrong, for the error ledger.
struct ErrorNote: Hashable, Sendable {
    let kind: ErrorKind
    /// At most `longest` bytes of text; never a credential, a prompt or an answer.
    let message: String

    /// The most bytes of an error message that are kept: a vendor's one-line reason with room to spare.
    static let longest = 512

    init(kind: ErrorKind, message: String) {
        self.kind = kind
        self.message = message.cut(toBytes: Self.longest)
    }
}

/// One attempt, as it is appended to `usage_events`.
struct UsageRecord: Sendable {
    /// The client request this attempt belongs to.
    var request: RequestID
    /// 0 for the first attempt of the request's plan, below `attemptsMost`.
    var attempt: UInt8
    /// When the attempt ended.
    var at: UnixMillis
    /// The event loop that served it and will settle it.
    var loop: UInt16
    /// The wallet hold this record ends; 0 when there is none.
    var hold: UInt64
    var tenant: TenantID
    var key: KeyID
    var surface: Surface
    /// The name in the catalog the client's model text resolved to: what rollups are grouped by, so never raw client text.
    var requestedModel: String
    /// What the upstream was asked for.
    var upstreamModel: String
    var provider: String
    var status: AttemptStatus
    /// The status the client was answered with; 0 when it was gone before any.
    var httpStatus: UInt16
    var usage: Usage
    var flags: UsageFlags
    /// What the attempt costs the tenant; never negative.
    var cost: Micros
    /// From the request's head to its end.
    var latencyMillis: UInt32
    /// From the request's head to the first content for the client; `nil` when there was none.
    var firstByteMillis: UInt32?
    var error: ErrorNote?

    /// Attempts of one request at most: request numbers are made with their four lowest bits zero, so that number + attempt
    /// is unique (see `reference`).
    static let attemptsMost: UInt8 = 16

    /// The ledger reference of this attempt: the 16 bytes of the request number plus the attempt's index.
    var reference: Reference { Reference(request: request, attempt: attempt) }
}

extension Reference {
    /// The machine reference of one attempt. Precondition: `attempt` is below `UsageRecord.attemptsMost` and the request
    /// number ends in four zero bits; otherwise two requests could meet in one reference and one would not be charged.
    init(request: RequestID, attempt: UInt8) {
        precondition(
            request.number & 15 == 0 && attempt < UsageRecord.attemptsMost,
            "a request number leaves its four lowest bits to the attempt")
        let number = request.number | UInt128(attempt)
        let high = UInt64(truncatingIfNeeded: number >> 64)
        self.init(
            milliseconds: Int64(high >> 16), unique: UInt16(truncatingIfNeeded: high),
            UInt64(truncatingIfNeeded: number))
    }
}

/// What the wallet has to be told of one durable attempt.
struct CommittedRecord: Sendable {
    /// The row's number in `usage_events`: what is acknowledged.
    let seq: Int64
    /// 0 when no hold ends (also for every replayed record: its hold ended with the connection that owned it).
    let hold: UInt64
    let request: RequestID
    let attempt: UInt8
    let tenant: TenantID
    let key: KeyID
    let cost: Micros
    let at: UnixMillis

    var reference: Reference { Reference(request: request, attempt: attempt) }
}

/// An error that belongs to no usage event of its own: a refused settlement, a failed attempt before a tenant was charged.
struct ErrorRecord: Sendable {
    var at: UnixMillis
    var request: RequestID?
    var tenant: TenantID?
    var key: KeyID?
    var provider: String
    /// The status the client was answered with; 0 when no client was.
    var httpStatus: UInt16
    var note: ErrorNote
    /// The catalog's name of the model; empty when no model was found.
    var model = ""
}
