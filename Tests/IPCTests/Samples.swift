// Samples: the values of docs/PROTOCOL.md's vectors, as Swift values.
//
// For: GoldenVectorTests (bytes), MessageCodecTests (cuts, trailing bytes). One per vector of "Layouts"; a vector
// without a sample and a sample without a vector both fail.

import IPC
import Metrics
import Money
import Tenancy
import Testing

/// The reference that the vectors write as bytes.
let machineReference = Reference(milliseconds: 0x019A_0001_0203, unique: 0x0405, 0x0607_0809_0A0B_0C0D)

/// One value with the name of its vector.
struct Sample: Sendable {
    let name: String
    let encode: @Sendable (inout WireWriter) -> Void
    /// Whether the bytes read back as the same value.
    let reads: @Sendable (UnsafeRawBufferPointer) throws(WireFault) -> Bool

    init<Value: WireValue & Equatable>(_ name: String, _ value: Value) {
        self.name = name
        encode = { value.encode(to: &$0) }
        reads = { bytes throws(WireFault) in
            var reader = WireReader(bytes)
            return try Value(from: &reader) == value
        }
    }

    /// The value's bytes.
    var bytes: [UInt8] {
        var writer = WireWriter()
        encode(&writer)
        return Array(writer.bytes)
    }

    func reads(_ bytes: [UInt8]) throws(WireFault) -> Bool {
        try bytes.withUnsafeBytes { bytes in Result { () throws(WireFault) in try reads(bytes) } }.get()
    }
}

extension Sample: CustomTestStringConvertible {
    var testDescription: String { name }
}

let walletSamples: [Sample] = [
    Sample(
        "link.ping request",
        PingRequest(token: 0x1122334455667788)),
    Sample(
        "link.ping answer",
        PingAnswer(token: 0x1122334455667788)),
    Sample(
        "link.metrics answer",
        MetricsAnswer([
            MetricReading(
                .counter("weir_wallet_holds_total", "Holds asked for.", labels: ["outcome"]),
                [MetricSample(41, labels: ["granted"])]),
            MetricReading(
                .histogram("weir_wallet_commit_duration_seconds", "Commits.", decimals: 6, bounds: [1000, 20_000]),
                [MetricSample(23_500, buckets: [7, 3, 0])]),
        ])),
    Sample(
        "wallet.credit request",
        CreditRequest(
            amount: Micros(10000000), at: UnixMillis(1795246380000), reference: Reference(text: "invoice-2026-11")!,
            tenant: TenantID("acme")!, note: "first top-up")),
    Sample(
        "wallet.credit answer",
        PostingAnswer(outcome: .posted, balance: Micros(8750000))),
    Sample(
        "wallet.debit request",
        DebitRequest(
            amount: Micros(500000), at: UnixMillis(1795246380000), reference: Reference(text: "lease-0001")!,
            tenant: TenantID("acme")!, budget: nil, note: "")),
    Sample(
        "wallet.debit answer",
        PostingAnswer(outcome: .refused(.insufficientFunds), balance: Micros(400000))),
    Sample(
        "wallet.refund request",
        RefundRequest(
            amount: Micros(125000), at: UnixMillis(1795246380000), reference: Reference(text: "refund-0001")!,
            original: machineReference, note: "upstream apologised")),
    Sample(
        "wallet.refund answer",
        PostingAnswer(outcome: .posted, balance: Micros(8750000))),
    Sample(
        "wallet.hold request",
        HoldRequest(
            hold: 7, amount: Micros(1250000), cap: Micros(5000000), policy: .reserve, tenant: TenantID("acme")!,
            budget: KeyID("key_0123456789abcdef")!)),
    Sample(
        "wallet.hold answer",
        HoldAnswer(outcome: .granted, free: Micros(8750000))),
    Sample(
        "wallet.settle request",
        SettleRequest(
            hold: 7, amount: Micros(125000), at: UnixMillis(1795246380000), reference: machineReference,
            tenant: TenantID("acme")!, budget: KeyID("key_0123456789abcdef")!)),
    Sample(
        "wallet.settle answer",
        PostingAnswer(outcome: .posted, balance: Micros(9875000))),
    Sample(
        "wallet.release request",
        ReleaseRequest(hold: 7)),
    Sample(
        "wallet.assertHold request",
        AssertHoldRequest(
            HoldRequest(
                hold: 7, amount: Micros(1250000), cap: Micros(5000000), policy: .reserve, tenant: TenantID("acme")!,
                budget: KeyID("key_0123456789abcdef")!))),
    Sample(
        "wallet.assertHold answer",
        HoldAnswer(outcome: .granted, free: Micros(8750000))),
    Sample(
        "wallet.balance request",
        BalanceRequest(tenant: TenantID("acme")!)),
    Sample(
        "wallet.balance answer",
        BalanceAnswer(known: true, balance: Micros(9875000), held: Micros(1250000), free: Micros(8625000), entries: 2)),
    Sample(
        "wallet.history request",
        HistoryRequest(tenant: TenantID("acme")!, before: nil, limit: 2)),
    Sample(
        "wallet.history answer",
        HistoryAnswer(
            next: Reference(text: "invoice-2026-11")!,
            entries: [
                HistoryEntry(
                    kind: .debit, amount: Micros(125000), at: UnixMillis(1795246380000), reference: machineReference,
                    original: nil, budget: nil, note: "")
            ])),
    Sample(
        "wallet.audit item",
        AuditItem(checked: 250_000, total: 10_000_000)),
    Sample(
        "wallet.audit end",
        AuditEnd(
            sound: false, entries: 10_000_000, wallets: 120, sum: Micros(0),
            findings: [AuditFinding(text: "wallet acme: stored balance 5 but entries sum to 4")])),
    Sample(
        "wallet.status answer",
        WalletStatusAnswer(
            startedAt: UnixMillis(1795246380000), draining: false, wallets: 120, entries: 10_000_000, holds: 3,
            held: Micros(3750000), pending: 2, connections: 3, commits: 99, movements: 512, databaseBytes: 760_000_000,
            instance: 0x807060504030201, build: "weir 0.1.0")),
    Sample("wallet.backup item", FileChunk(offset: 0, bytes: Array("SQLite format 3\0".utf8))),
    Sample("wallet.backup end", backupEnd(of: "walletd 0.1.0")),
]

let gatewaySamples: [Sample] = [
    Sample(
        "gateway.tenantCreate request",
        TenantCreateRequest(
            tenant: TenantID("acme")!, policy: .reserve, displayName: "Acme GmbH",
            limits: RateLimits(requestsPerMinute: 600, requestBurst: 20))),
    Sample(
        "gateway.tenantCreate answer",
        AdminAnswer(outcome: .done)),
    Sample(
        "gateway.tenantList request",
        TenantListRequest(after: nil, limit: 100)),
    Sample(
        "gateway.tenantList answer",
        TenantListAnswer(
            next: nil,
            tenants: [
                TenantRow(
                    tenant: TenantID("acme")!, displayName: "Acme GmbH", policy: .reserve, suspended: false,
                    createdAt: UnixMillis(1795246380000), keys: 3, limits: nil)
            ])),
    Sample(
        "gateway.tenantUpdate request",
        TenantUpdateRequest(
            tenant: TenantID("acme")!, policy: .set(.positive), suspended: .keep, displayName: .keep, limits: .set(nil))
    ),
    Sample(
        "gateway.tenantUpdate answer",
        AdminAnswer(outcome: .refused(.tenantExists))),
    Sample(
        "gateway.keyCreate request",
        KeyCreateRequest(
            tenant: TenantID("acme")!, scopes: Scope(rawValue: 3), expiresAt: nil, cap: Micros(5000000), name: "laptop",
            limits: nil)),
    Sample(
        "gateway.keyCreate answer",
        KeyCreateAnswer(
            outcome: .done, key: KeyID("key_0123456789abcdef")!,
            secret: "weir_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdef", display: "weir_ABCD…cdef")),
    Sample(
        "gateway.keyList request",
        KeyListRequest(tenant: TenantID("acme")!, after: nil, limit: 100)),
    Sample(
        "gateway.keyList answer",
        KeyListAnswer(
            next: nil,
            keys: [
                KeyRow(
                    key: KeyID("key_0123456789abcdef")!, tenant: TenantID("acme")!, scopes: Scope(rawValue: 3),
                    createdAt: UnixMillis(1795246380000), expiresAt: nil, revokedAt: nil,
                    lastUsedAt: UnixMillis(1795246390000), cap: Micros(5000000), spent: Micros(1250000), name: "laptop",
                    display: "weir_abcd…wxyz",
                    limits: RateLimits(requestsPerMinute: 600, requestBurst: 20)
                )
            ])),
    Sample(
        "gateway.keyRevoke request",
        KeyRevokeRequest(key: KeyID("key_0123456789abcdef")!)),
    Sample(
        "gateway.keyRevoke answer",
        KeyRevokeAnswer(outcome: .done, revokedAt: UnixMillis(1795246380000))),
    Sample(
        "gateway.keyUpdate request",
        KeyUpdateRequest(
            key: KeyID("key_0123456789abcdef")!, expiresAt: .set(nil), cap: .set(Micros(7500000)),
            name: .set("laptop 2"), limits: .keep)),
    Sample(
        "gateway.keyUpdate answer",
        AdminAnswer(outcome: .done)),
    Sample(
        "gateway.usage request",
        UsageReportRequest(
            from: UnixMillis(1795246380000), to: UnixMillis(1795332780000), group: .model, tenant: TenantID("acme")!,
            key: nil)),
    Sample(
        "gateway.usage answer",
        UsageReportAnswer(
            truncated: false,
            rows: [
                UsageRow(
                    requests: 12, estimated: 1,
                    usage: Usage(
                        uncachedInput: 50, cacheRead: 100_000, cacheWrite5m: 1_000, cacheWrite1h: 2_000, output: 300),
                    cost: Micros(77777), label: "claude-sonnet")
            ])),
    Sample(
        "gateway.errors request",
        ErrorReportRequest(before: 0, limit: 50, tenant: nil)),
    Sample(
        "gateway.errors answer",
        ErrorReportAnswer(
            next: 991,
            rows: [
                ErrorRow(
                    sequence: 991, at: UnixMillis(1795246380000),
                    request: RequestID(number: 0x019a00010203f405a60708090a0b0c0d), status: 502, side: .upstream,
                    tenant: TenantID("acme")!, key: KeyID("key_0123456789abcdef")!, model: "claude-sonnet",
                    host: "api.example", kind: "upstream_timeout", text: "no first byte within 30 s")
            ])),
    Sample(
        "gateway.status answer",
        GatewayStatusAnswer(
            startedAt: UnixMillis(1795246380000), draining: false, walletConnected: true, requests: 123_456, errors: 12,
            inFlight: 32, connections: 40, tenants: 2, keys: 5, outboxDepth: 3,
            outboxOldestAt: UnixMillis(1795246380000), configGeneration: 1, configLoadedAt: UnixMillis(1795246380000),
            instance: 0x807060504030201, build: "weir 0.1.0")),
    Sample(
        "gateway.reload answer",
        ReloadAnswer(accepted: false, generation: 1, text: "weir.yaml:12:3: unknown key \"modles\"")),
    Sample(
        "gateway.watch request",
        WatchRequest(tenant: TenantID("acme")!)),
    Sample(
        "gateway.watch item",
        RequestRecord(
            at: UnixMillis(1795246380000), missed: 0, request: RequestID(number: 0x019a00010203f405a60708090a0b0c0d),
            status: 200, streamed: true, estimated: false, firstByteMillis: 412, durationMillis: 2_210,
            usage: Usage(uncachedInput: 50, cacheRead: 100_000, cacheWrite5m: 1_000, cacheWrite1h: 2_000, output: 300),
            cost: Micros(508), tenant: TenantID("acme")!, key: KeyID("key_0123456789abcdef")!, model: "claude-sonnet",
            host: "api.example")),
    Sample("gateway.backup item", FileChunk(offset: 0, bytes: Array("SQLite format 3\0".utf8))),
    Sample("gateway.backup end", backupEnd(of: "gatewayd 0.1.0")),
    Sample(
        "gateway.handOver answer",
        HandOverAnswer(accepted: true, process: 4_711, text: "")),
    Sample(
        "gateway.audit request",
        GatewayAuditRequest(before: 0, limit: 50, tenant: TenantID("acme")!)),
    Sample(
        "gateway.audit answer",
        GatewayAuditAnswer(
            next: 41,
            changes: [
                GatewayChange(
                    number: 41, at: UnixMillis(1795246380000), tenant: TenantID("acme")!,
                    subject: "key_0123456789abcdef", action: "key.changed", source: "weirctl, user 0",
                    before: String(repeating: "9f", count: 32), after: String(repeating: "a0", count: 32))
            ])),
]

/// The end of a backup whose one chunk is the sample's.
func backupEnd(of build: String) -> BackupEnd {
    var sum = FileSum()
    sum.feed(Array("SQLite format 3\0".utf8))
    return BackupEnd(size: 16, sum: sum.value, takenAt: UnixMillis(1795246380000), build: build)
}
