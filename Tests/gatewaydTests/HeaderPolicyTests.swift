// Which header fields cross the gateway.

import Testing

@testable import gatewayd

@Suite struct HeaderPolicyTests {
    private func isKept(_ names: HeaderNames, _ name: String) -> Bool {
        Array(name.utf8).withUnsafeBytes(names.contains)
    }

    @Test(arguments: [
        "Authorization", "x-api-key", "X-API-KEY", "cookie", "Host", "Content-Length", "Transfer-Encoding",
        "connection",
        "X-Forwarded-For", "x-forwarded-proto", "Forwarded", "x-real-ip", "accept-encoding", "x-weir-anything",
        "Expect",
    ])
    func C03_credentialsAndConnectionFieldsNeverReachAnUpstream(_ name: String) {
        #expect(isKept(HeaderPolicy.keptFromUpstream, name))
    }

    @Test(arguments: [
        "anthropic-version", "anthropic-beta", "Content-Type", "User-Agent", "X-Claude-Code-Session-Id", "openai-beta",
        "x-stainless-lang", "accept", "x-unknown-tomorrow", "x", "",
    ])
    func C08_everythingElseDoes(_ name: String) { #expect(!isKept(HeaderPolicy.keptFromUpstream, name)) }

    @Test(arguments: [
        "Set-Cookie", "content-length", "Content-Encoding", "server", "Date", "cf-ray", "keep-alive",
        "x-weir-request-id",
    ])
    func framingAndTheVendorsEdgeDoNotReachAClient(_ name: String) {
        #expect(isKept(HeaderPolicy.keptFromClient, name))
    }

    @Test(arguments: [
        "retry-after", "anthropic-ratelimit-requests-limit", "x-ratelimit-remaining-tokens", "request-id",
        "content-type",
    ])
    func whatAClientPacesItselfByDoes(_ name: String) { #expect(!isKept(HeaderPolicy.keptFromClient, name)) }

    @Test func rateLimitFieldsAreKnownByPrefix() {
        #expect(isKept(HeaderPolicy.rateLimits, "Anthropic-RateLimit-Tokens-Reset"))
        #expect(isKept(HeaderPolicy.rateLimits, "x-ratelimit-limit-requests"))
        #expect(isKept(HeaderPolicy.rateLimits, "Retry-After"))
        #expect(!isKept(HeaderPolicy.rateLimits, "x-ratelimi"))
    }
}
