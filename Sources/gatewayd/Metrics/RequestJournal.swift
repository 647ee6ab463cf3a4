// RequestJournal: one line of the log for each attempt, and for each refusal that belongs to none.
//
// For: operators who want to follow requests in the journal; `journalctl TENANT=acme STATUS=502`.
// Refuses: to say anything unless `log_requests` is on: a line costs several times what the rest of the record does.
// Prompts, answers, keys' secrets and vendors' words never: of an error its kind is told, the rest is in `weirctl errors`.
// Called by: the store's reports, on its thread, once a batch is durable; nothing on the request's path.

import Logging
import Money
import Synchronization
import Tenancy

final class RequestJournal: Sendable {
    private let log: Logger
    private let isOn: Atomic<Bool>

    init(_ log: Logger, isOn: Bool) {
        self.log = log
        self.isOn = Atomic(isOn)
    }

    /// What a reload has decided.
    func set(isOn: Bool) { self.isOn.store(isOn, ordering: .relaxed) }

    func note(_ batch: StoredBatch) {
        guard isOn.load(ordering: .relaxed) else { return }
        for record in batch.records { log.log(level: record.status.level, "request", metadata: record.facts) }
        for error in batch.errors where error.note.kind != .settlementRefused {
            log.notice("request refused", metadata: error.facts)
        }
    }
}

extension AttemptStatus {
    /// What went wrong upstream is a warning, whoever tried next.
    fileprivate var level: Logger.Level {
        switch self {
        case .completed, .clientGone, .refused, .drained: .info
        case .truncated, .upstreamError, .failedOver: .warning
        }
    }
}

extension UsageRecord {
    /// The fields of the journal, before they have its form.
    fileprivate var facts: Logger.Metadata {
        var facts: Logger.Metadata = [
            "request_id": "\(request)", "attempt": "\(attempt)", "tenant": "\(tenant)", "key_id": "\(key)",
            "route": "\(surface.route)", "provider": "\(provider)", "model": "\(requestedModel)",
            "upstream_model": "\(upstreamModel)", "outcome": "\(status.name)", "status": "\(httpStatus)",
            "duration_ms": "\(latencyMillis)", "cost_micros": "\(cost.value)", "input_tokens": "\(usage.input)",
            "output_tokens": "\(usage.output)", "streamed": "\(flags.contains(.streamed))",
        ]
        if let firstByteMillis { facts["first_byte_ms"] = "\(firstByteMillis)" }
        if flags.contains(.estimated) { facts["estimated"] = "true" }
        if let error { facts["reason"] = "\(error.kind.name)" }
        return facts
    }
}

extension ErrorRecord {
    fileprivate var facts: Logger.Metadata {
        var facts: Logger.Metadata = ["reason": "\(note.kind.name)", "status": "\(httpStatus)"]
        if let request { facts["request_id"] = "\(request)" }
        if let tenant { facts["tenant"] = "\(tenant)" }
        if let key { facts["key_id"] = "\(key)" }
        if !model.isEmpty { facts["model"] = "\(model)" }
        if !provider.isEmpty { facts["provider"] = "\(provider)" }
        return facts
    }
}

extension Surface {
    /// The path that clients ask.
    fileprivate var route: String {
        switch self {
        case .anthropic: "/v1/messages"
        case .openai: "/v1/chat/completions"
        case .responses: "/v1/responses"
        case .embeddings: "/v1/embeddings"
        }
    }
}
