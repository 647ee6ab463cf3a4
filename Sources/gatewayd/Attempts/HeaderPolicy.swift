// HeaderPolicy: which header fields cross the gateway, in each direction.
//
// For: being an open system towards vendors (unknown fields pass, so a new beta needs no release of ours) without ever
// passing on credentials, hop-by-hop fields or what says where a client sits.
// Refuses: the listed fields; everything else passes.
// Called by: UpstreamRequest (client → vendor), Relay (vendor → client).

/// A closed list of lower-case field names, looked up by the bytes of a name in any case.
struct HeaderNames: Sendable {
    /// Index = length of the name.
    private let byLength: [[[UInt8]]]
    private let prefixes: [[UInt8]]

    /// `prefixes` are given with their dash: `x-forwarded-`.
    init(_ names: [String], prefixes: [String] = []) {
        let longest = names.map(\.utf8.count).max() ?? 0
        byLength = (0...longest).map { length in names.filter { $0.utf8.count == length }.map { Array($0.utf8) } }
        self.prefixes = prefixes.map { Array($0.utf8) }
    }

    /// Whether `name`, in any case, is listed.
    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.count < byLength.count, byLength[name.count].contains(where: { Self.equal($0, name) }) { return true }
        return prefixes.contains {
            $0.count <= name.count && Self.equal($0, UnsafeRawBufferPointer(rebasing: name[..<$0.count]))
        }
    }

    private static func equal(_ lower: [UInt8], _ name: UnsafeRawBufferPointer) -> Bool {
        for index in lower.indices {
            let byte = name[index]
            let folded = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            if folded != lower[index] { return false }
        }
        return true
    }
}

enum HeaderPolicy {
    /// RFC 9110 §7.6.1: these concern one connection only.
    private static let hopByHop = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade",
        "proxy-authenticate", "proxy-authorization",
    ]

    /// Not passed from a client to a vendor: the tenant's credentials (cases C-03), what we write ourselves, cookies, and
    /// where the client sits.
    static let keptFromUpstream = HeaderNames(
        hopByHop + [
            "authorization", "x-api-key", "api-key", "cookie", "host", "content-length", "content-encoding",
            "accept-encoding", "expect", "forwarded", "via", "x-real-ip", "true-client-ip", "cf-connecting-ip",
            "origin",
            "referer",
        ], prefixes: ["x-forwarded-", "x-weir-", "sec-"])

    /// Where a client and an operator each name features, and the vendor gets both.
    static let betas = HeaderNames(["anthropic-beta"])

    /// Not passed to a vendor of another dialect than the client's: betas and sessions it knows nothing of, and the SDK's
    /// account of itself.
    static let forOwnVendor = HeaderNames(
        [], prefixes: ["anthropic-", "openai-", "x-claude-code-", "x-stainless-", "x-app"])

    /// Of those, what changes an answer: the client is told that it stayed behind.
    static let missed = HeaderNames(["anthropic-beta", "openai-beta"])

    /// Not passed from a vendor to a client: framing (we frame anew), cookies, the vendor's host and edge.
    static let keptFromClient = HeaderNames(
        hopByHop + [
            "content-length", "content-encoding", "set-cookie", "server", "date", "via", "alt-svc",
            "strict-transport-security", "nel", "report-to", "cf-ray", "cf-cache-status", "x-robots-tag",
            "anthropic-organization-id", "openai-organization", "openai-project", "cache-control", "x-accel-buffering",
        ], prefixes: ["x-weir-", "access-control-"])

    /// The vendors' own rate-limit fields: replaced by ours where a limit of ours applies, passed on where none does.
    static let rateLimits = HeaderNames(["retry-after"], prefixes: ["anthropic-ratelimit-", "x-ratelimit-"])
}
