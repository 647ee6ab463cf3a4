// ConfigurationSections: the parts of gatewayd's own section: limits, timeouts, rates, abandoned answers, estimates.
//
// For: one small type per part, each with its declarations beside the values they become.
// Refuses: timeouts that do not nest; a burst without a rate.
// Called by: GatewaydConfiguration.

import DaemonKit
import Routing

/// What clients may take up.
struct LimitConfiguration: Sendable, Equatable {
    let connectionsMost: Int
    let requestsMost: Int
    let headBytesMost: Int
    let bodyBytesMost: Int
    let answerBytesMost: Int

    private static let connections = Setting(
        "connections", .integer(1...1_000_000), default: 10_000,
        "Client connections at a time; more are closed on arrival.")
    private static let requests = Setting(
        "requests", .integer(1...100_000), default: 4000,
        "Metered requests under way per event loop; more are answered 503 or 529 with Retry-After.")
    private static let head = Setting(
        "head", .byteCount(4096...(256 << 10)), default: 32 << 10, "Request line and header fields of one request.")
    private static let body = Setting(
        "body", .byteCount(1024...(512 << 20)), default: 32 << 20,
        "Body of one request, counted after decompression. Anthropic accepts 32 MiB.")
    private static let answer = Setting(
        "answer", .byteCount(64 << 10...(512 << 20)), default: 32 << 20,
        "Body of one upstream answer that is not streamed.")
    static let section = ConfigSection([
        connections.declaration, requests.declaration, head.declaration, body.declaration, answer.declaration,
    ])

    init(_ values: ConfigValues) {
        connectionsMost = values[Self.connections]
        requestsMost = values[Self.requests]
        headBytesMost = values[Self.head]
        bodyBytesMost = values[Self.body]
        answerBytesMost = values[Self.answer]
    }
}

/// How long clients are waited for.
struct TimeoutConfiguration: Sendable, Equatable {
    let head: Duration
    let bodyIdle: Duration
    let body: Duration
    let keepAlive: Duration
    let writeIdle: Duration
    let streamPing: Duration

    private static let head = Setting(
        "head", .duration(.seconds(1) ... .seconds(300)), default: .seconds(15),
        "From the first byte of a request's head to its last.")
    private static let bodyIdle = Setting(
        "body_idle", .duration(.seconds(1) ... .seconds(600)), default: .seconds(30), "Between two reads of a body.")
    private static let body = Setting(
        "body", .duration(.seconds(1) ... .seconds(3600)), default: .seconds(512),
        "For a whole body: 32 MiB at 64 KiB/s, a slow uplink.")
    private static let keepAlive = Setting(
        "keep_alive", .duration(.seconds(1) ... .seconds(3600)), default: .seconds(75),
        "Between two requests on a connection. Longer than the 60 s of common client pools, so that they close first.")
    private static let writeIdle = Setting(
        "write_idle", .duration(.seconds(1) ... .seconds(3600)), default: .seconds(60),
        "How long a client may read nothing while output waits for it.")
    private static let streamPing = Setting(
        "stream_ping", .duration(.seconds(1) ... .seconds(60)), default: .seconds(10),
        "How long a stream may be silent before a keep-alive is sent on it.")
    static let section = ConfigSection([
        head.declaration, bodyIdle.declaration, body.declaration, keepAlive.declaration, writeIdle.declaration,
        streamPing.declaration,
    ])

    init(_ values: ConfigValues, _ report: inout ConfigReport) {
        head = values[Self.head]
        bodyIdle = values[Self.bodyIdle]
        body = values[Self.body]
        keepAlive = values[Self.keepAlive]
        writeIdle = values[Self.writeIdle]
        streamPing = values[Self.streamPing]
        values.relate(Self.bodyIdle, Self.body, &report, "longer than body, so it would never be reached") { $0 <= $1 }
    }

    /// Whether clients are waited for alike: everything but `stream_ping`, which a reload can change.
    func waitsAlike(_ other: TimeoutConfiguration) -> Bool {
        (head, bodyIdle, body) == (other.head, other.bodyIdle, other.body)
            && (keepAlive, writeIdle) == (other.keepAlive, other.writeIdle)
    }
}

/// The limits where a key or tenant has none of its own.
struct RateConfiguration: Sendable, Equatable {
    let instance: RateLimit?
    let tenant: RateLimit?
    let key: RateLimit?

    private static let rate = Setting(
        "requests_per_minute", .integer(1...RateLimit.largestRate), "Requests per minute in the long run.")
    private static let burst = Setting(
        optional: "burst", .integer(1...RateLimit.largestBurst),
        "Requests that may come at once after a pause; a minute's worth when left out.")
    private static let limit = ConfigSection([rate.declaration, burst.declaration], shorthand: rate.name)
    private static let instance = Setting(optionalSection: "instance", limit, "All clients together.")
    private static let tenant = Setting(optionalSection: "tenant", limit, "Each tenant, over all of its keys.")
    private static let key = Setting(optionalSection: "key", limit, "Each key.")
    static let section = ConfigSection([instance.declaration, tenant.declaration, key.declaration])

    init(_ values: ConfigValues, _ report: inout ConfigReport) {
        instance = values[Self.instance].flatMap(Self.limit)
        tenant = values[Self.tenant].flatMap(Self.limit)
        key = values[Self.key].flatMap(Self.limit)
    }

    private static func limit(_ values: ConfigValues) -> RateLimit? {
        RateLimit(requestsPerMinute: values[rate], burst: values[burst])
    }
}

/// Answers whose client went away.
struct AbandonedConfiguration: Sendable, Equatable {
    let most: Int
    let time: Duration

    private static let most = Setting(
        "most", .integer(0...10_000), default: 64,
        "Answers read on to their end at a time, per event loop; further ones are cancelled and billed by what was seen."
    )
    private static let time = Setting(
        "time", .duration(.zero ... .seconds(3600)), default: .seconds(120), "How long one answer is read on.")
    static let section = ConfigSection([most.declaration, time.declaration])

    init(_ values: ConfigValues) {
        most = values[Self.most]
        time = values[Self.time]
    }
}

/// How costs are bounded.
struct EstimateConfiguration: Sendable, Equatable {
    let tuning: EstimateTuning

    private static let textBytes = Setting(
        "text_bytes_per_token", .decimal(places: 1, 5...100), default: EstimateTuning.standard.textBytesPerTokenTenths,
        "Bytes of text counted as one token. English prose has about 4, code 3, Chinese 2 to 3; lower holds more.")
    private static let attachmentBytes = Setting(
        "attachment_bytes_per_token", .decimal(places: 1, 5...100_000),
        default: EstimateTuning.standard.attachmentBytesPerTokenTenths,
        "Bytes of an encoded image or document counted as one token.")
    private static let attachment = Setting(
        "tokens_per_attachment", .integer(0...1_000_000), default: EstimateTuning.standard.tokensPerAttachment,
        "Tokens counted for each image or document beside its bytes.")
    private static let request = Setting(
        "tokens_per_request", .integer(0...100_000), default: EstimateTuning.standard.tokensPerRequest,
        "Tokens counted for what vendors add to each request.")
    static let section = ConfigSection([
        textBytes.declaration, attachmentBytes.declaration, attachment.declaration, request.declaration,
    ])

    init(_ values: ConfigValues) {
        tuning = EstimateTuning(
            textBytesPerTokenTenths: values[Self.textBytes],
            attachmentBytesPerTokenTenths: values[Self.attachmentBytes], tokensPerAttachment: values[Self.attachment],
            tokensPerRequest: values[Self.request])
    }
}
