// UpstreamRequest: the header fields of both directions, in bytes.
//
// For: the request line and fields that go to a vendor, and the fields of its answer that go to the client.
// Refuses: everything HeaderPolicy keeps; adds the provider's credential and nothing about the tenant.
// Called by: Attempt.

import HTTP
import NIOCore
import Routing
import Tenancy
import Translation

enum UpstreamRequest {
    /// The head of the upstream request: one of the provider's targets, its fields, then the client's that may pass.
    /// With `translated`, the client speaks another dialect than the provider: what is meant for the client's own vendor stays
    /// behind (R-19, C-10).
    static func head(
        for exchange: HTTPExchange, to provider: Provider, _ path: ByteBuffer, contentLength: Int, translated: Bool
    ) -> ByteBuffer {
        var builder = target(path, of: exchange, withQuery: !translated).withUnsafeReadableBytes {
            UpstreamHeadBuilder(method: "POST", target: $0, host: provider.hostField)
        }
        provider.appendFields(to: &builder.headers)
        builder.headers.append("accept-encoding", "identity")
        if !provider.betas.isEmpty { appendBetas(of: exchange, provider, translated, to: &builder.headers) }
        if translated, provider.dialect == .anthropic, !provider.sets("anthropic-version") {
            builder.headers.append("anthropic-version", anthropicVersion)
        }
        exchange.head.fields.forEach { name, value in
            guard !HeaderPolicy.keptFromUpstream.contains(name), !provider.sets(name) else { return }
            if !provider.betas.isEmpty, HeaderPolicy.betas.contains(name) { return }
            if translated, HeaderPolicy.forOwnVendor.contains(name) { return }
            builder.headers.append(name: name, value: value)
        }
        return builder.finish(contentLength: contentLength)
    }

    /// One list of the client's betas and the operator's.
    private static func appendBetas(
        of exchange: HTTPExchange, _ provider: Provider, _ translated: Bool, to headers: inout HeaderBlock
    ) {
        var client: [String] = []
        exchange.head.fields.forEach { name, value in
            if !translated, HeaderPolicy.betas.contains(name) { client.append(String(decoding: value, as: UTF8.self)) }
        }
        if let list = BetaList.merged(client: client, own: provider.betas) { headers.append(beta, list) }
    }

    private static let beta: StaticString = "anthropic-beta"

    /// The version of the API that the translation writes.
    private static let anthropicVersion: StaticString = "2023-06-01"

    /// The provider's path for this surface, with the client's query (case C-02: `?beta=true` means something to the vendor).
    private static func target(_ path: ByteBuffer, of exchange: HTTPExchange, withQuery: Bool) -> ByteBuffer {
        guard withQuery else { return path }
        var target = path
        exchange.head.withQuery { query in
            target.writeInteger(UInt8(ascii: "?"))
            target.writeBytes(query)
        }
        return target
    }

    /// The vendor's fields that reach the client; our rate-limit fields stand in for the vendor's where a limit of ours applies.
    static func relayedFields(of head: ResponseHead, standing: RateStanding?, manner: Manner?) -> HeaderBlock {
        var headers = HeaderBlock()
        head.fields.forEach { name, value in
            guard !HeaderPolicy.keptFromClient.contains(name) else { return }
            if standing != nil, head.status < 400, HeaderPolicy.rateLimits.contains(name) { return }
            headers.append(name: name, value: value)
        }
        if let standing, let manner, head.status < 400 { standing.append(to: &headers, manner) }
        return headers
    }

    /// What every event stream carries (case S-17): proxies on the way must not buffer, cache or transform it.
    static func appendStreamFields(to headers: inout HeaderBlock) {
        headers.append("cache-control", "no-cache, no-transform")
        headers.append("x-accel-buffering", "no")
    }
}

/// What an upstream's answer says it is.
enum AnswerKind {
    /// Whether the content type is `text/event-stream`, whatever parameters follow.
    static func isEventStream(_ fields: FieldTable) -> Bool {
        fields.withValue(of: "content-type") { value in
            let expected: StaticString = "text/event-stream"
            guard value.count >= expected.utf8CodeUnitCount else { return false }
            return expected.withUTF8Buffer { zip($0, value).allSatisfy { $0 == $1 | 0x20 || $0 == $1 } }
        } ?? false
    }
}
