// AttemptFailure: every way an attempt can fail before its first content, and what follows from each.
//
// For: one place where the retry verdict, the client's status and the error ledger are derived from the kind of failure.
// Refuses: nothing itself; Routing's RetryState decides what is tried again.
// Called by: Attempt.

import HTTP
import Routing
import Translation

enum AttemptFailure {
    /// No connection, or nothing of the request went out.
    case connect
    /// The upstream accepted the request and stayed silent past the header timer (case T-08).
    case timeout
    /// The connection ended before an answer.
    case closed
    /// The answer was not HTTP, or not what its header says.
    case malformed
    /// A 200 that holds no answer: empty, HTML, cut JSON, a stream that ended before content (cases S-15, T-07).
    case unusable(String)
    /// The answer is larger than we hold.
    case answerTooLarge
    /// All connections to this upstream are in use.
    case busy
    /// An error status, or an error object or event where an answer should be (case T-04).
    case vendor(VendorError)

    init(_ failure: UpstreamFailure) {
        switch failure.cause {
        case .poolExhausted, .waitTimeout: self = .busy
        case .resolveFailed, .connectFailed, .connectTimeout, .tlsFailed, .forbiddenAddress: self = .connect
        case .firstByteTimeout, .idleTimeout, .totalTimeout: self = .timeout
        case .closed, .bodyTruncated, .shuttingDown: self = .closed
        case .malformed: self = .malformed
        }
    }

    /// What it means for trying again and for the upstream's cooldown.
    func fault(retryAfterNanos: UInt64?) -> UpstreamFault {
        switch self {
        case .connect, .closed: .connect
        case .busy: .unusable
        case .timeout: .timeout
        case .malformed, .unusable: .unusable
        // An answer beyond our bound would be so elsewhere too.
        case .answerTooLarge: .status(413, retryAfterNanos: nil)
        case .vendor(let error): .status(error.status, retryAfterNanos: retryAfterNanos)
        }
    }

    /// What the client is told when this was the last attempt. Never the upstream's host or key.
    var refusal: Refusal {
        switch self {
        case .connect: Refusal(.upstreamFailed, "upstream_unreachable", "The model's provider could not be reached.")
        case .timeout: Refusal(.upstreamTimeout, "upstream_timeout", "The model's provider did not answer in time.")
        case .closed:
            Refusal(.upstreamFailed, "upstream_closed", "The model's provider closed the connection before answering.")
        case .malformed:
            Refusal(
                .upstreamFailed, "upstream_malformed", "The model's provider sent an answer that is not valid HTTP.")
        case .unusable(let why):
            Refusal(.upstreamFailed, "upstream_unusable", "The model's provider sent no usable answer: \(why).")
        case .answerTooLarge:
            Refusal(
                .upstreamFailed, "upstream_too_large",
                "The model's provider sent an answer beyond this gateway's limit.")
        case .busy:
            Refusal(
                .unavailable, "upstream_busy", "All connections to the model's provider are in use.",
                retryAfterSeconds: 1)
        case .vendor(let error) where error.isOurCredential:
            Refusal(.upstreamFailed, "upstream_credential", "The model's provider refused this gateway's credential.")
        case .vendor(let error): Refusal(error.kind, error.code, error.message)
        }
    }

    /// What the error ledger keeps.
    var note: ErrorNote {
        let kind: ErrorKind =
            switch self {
            case .connect, .busy: .upstreamConnect
            case .timeout: .upstreamTimeout
            case .closed: .upstreamClosed
            case .malformed, .unusable, .answerTooLarge: .upstreamMalformed
            case .vendor: .upstreamStatus
            }
        guard case .vendor(let error) = self else { return ErrorNote(kind: kind, message: refusal.message) }
        return ErrorNote(kind: kind, message: "status \(error.status) \(error.type): \(error.message)")
    }
}

extension VendorError {
    /// The vendor turned away our credential: an operator's matter, never the tenant's.
    var isOurCredential: Bool { status == 401 || status == 403 }
}

/// Why a stream was broken off after content had gone out.
struct StreamInterruption {
    let error: ErrorBody
    let note: ErrorNote
    let status: AttemptStatus

    init(_ cause: UpstreamFailure.Cause) {
        switch cause {
        case .idleTimeout, .totalTimeout, .firstByteTimeout:
            self.init(
                .upstreamTimeout, .upstreamTimeout, "The model's provider stopped sending in the middle of its answer.")
        default:
            self.init(.upstreamFailed, .upstreamClosed, "The model's provider broke off in the middle of its answer.")
        }
    }

    /// We are stopping and the drain time is over.
    static let drained = StreamInterruption(
        .unavailable, .draining, "The gateway is restarting; please try again.", status: .drained)

    private init(
        _ kind: Translation.ErrorKind, _ ledger: ErrorKind, _ message: String, status: AttemptStatus = .truncated
    ) {
        error = ErrorBody(kind, message)
        note = ErrorNote(kind: ledger, message: message)
        self.status = status
    }
}
