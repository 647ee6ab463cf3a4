// The account routes over real HTTP: a tenant's program sees its own account, exactly, and gives away no more than it has.

import DaemonKit
import HTTP
import IPC
import JSON
import Money
import NIOCore
import NIOPosix
import Storage
import Support
import Synchronization
import Tenancy
import Testing

@testable import gatewayd

@Suite struct AccountUsageTests {
    @Test func usageIsTheMonthToDateByKeyAndModelDearestFirst() async throws {
        try await withAccount { account in
            let key = try await account.rig.makeKey(name: "laptop").key.id
            account.rig.queue.append(.test(1, key: key, cost: 5, model: "cheap"))
            account.rig.queue.append(.test(2, key: .test(2), cost: 70, model: "dear"))
            account.rig.queue.append(.test(3, tenant: .other, cost: 900))
            let lastMonth = UnixMillis(StoreRig.start.value - 30 * 86_400_000)
            account.rig.queue.append(.test(4, key: key, cost: 1000, at: lastMonth))
            let answer = try await account.ask("GET", "/v1/usage")
            #expect(answer.status == 200)
            #expect(answer["total_cost_micros"]?.integer == 75)
            #expect(answer["total_cost_usd"]?.string == "0.000075")
            #expect(answer["request_count"]?.integer == 2)
            #expect(answer["total_input_tokens"]?.integer == 74)
            #expect(answer["total_output_tokens"]?.integer == 10)
            let keys = try #require(answer["by_key"]?.elements)
            #expect(keys.compactMap { $0["cost_micros"]?.integer } == [70, 5])
            #expect(keys.last?["name"]?.string == "laptop")
            let models = try #require(answer["by_model"]?.elements)
            #expect(models.compactMap { $0["model"]?.string } == ["dear", "cheap"])
            #expect(models[0]["cache_write_1h_tokens"]?.integer == 4)
            #expect(answer["from_ms"]?.integer == UsageRange(monthToDate: StoreRig.start).from * 3_600_000)
            #expect(answer["truncated"] == .boolean(false))
        }
    }

    @Test func aRangeOfOnesOwnIsTakenAndNonsenseIsNot() async throws {
        try await withAccount { account in
            account.rig.queue.append(.test(1, at: UnixMillis(3_600_000 * 10)))
            let answer = try await account.ask("GET", "/v1/usage?from_ms=36000001&to_ms=36000002")
            #expect(answer["total_cost_micros"]?.integer == 100)
            #expect(answer["from_ms"]?.integer == 36_000_000 && answer["to_ms"]?.integer == 39_600_000)
            for query in ["from_ms=x", "from_ms=-1", "from_ms=5&to_ms=5", "from_ms=0", "to_ms=1e3"] {
                let refused = try await account.ask("GET", "/v1/usage?\(query)")
                #expect(refused.status == 400, "\(query)")
                #expect(refused.errorCode == "invalid_parameter", "\(query)")
                #expect(refused.json?["error"]?["request_id"]?.string == account.request.description)
            }
        }
    }

    @Test func theBalanceIsExactText() async throws {
        try await withAccount { account in
            let answer = try await account.ask("GET", "/v1/billing/balance")
            #expect(answer.status == 200)
            #expect(answer["balance_usd"]?.string == "9007199254.740993", "beyond what a double can say")
            #expect(answer["balance_micros"]?.integer == 9_007_199_254_740_993)
            #expect(answer["held_micros"]?.integer == 5 && answer["free_micros"]?.integer == 9_007_199_254_740_988)
        }
    }

    @Test func theBalanceWithoutAWalletDaemonIsUnavailable() async throws {
        try await withAccount(walletAnswers: false) { account in
            let answer = try await account.ask("GET", "/v1/billing/balance")
            #expect(answer.status == 503 && answer.head.contains("retry-after"))
        }
    }
}

@Suite struct AccountKeyTests {
    @Test func aKeyIsMadeShownOnceListedChangedAndRevoked() async throws {
        try await withAccount { account in
            let body = #"{"name":"ci","scopes":["inference"],"max_spend_usd":"12.5","expires_at_ms":1895248000000}"#
            let made = try await account.ask("POST", "/v1/keys", body)
            #expect(made.status == 201)
            let secret = try #require(made["secret"]?.string)
            let id = try #require(made["id"]?.string)
            #expect(made["scopes"]?.elements == [.string("inference")])
            #expect(made["max_spend_usd"]?.string == "12.50" && made["max_spend_micros"]?.integer == 12_500_000)
            #expect(try await account.accepts(secret))
            let list = try await account.ask("GET", "/v1/keys")
            #expect(!list.body.contains(secret))
            let row = try #require(list["keys"]?.elements?.first { $0["id"]?.string == id })
            #expect(row["name"]?.string == "ci" && row["revoked"] == .boolean(false))
            let changed = try await account.ask("PATCH", "/v1/keys/\(id)", #"{"max_spend_usd":null,"name":"ci 2"}"#)
            #expect(changed.status == 200)
            let usage = try await account.ask("GET", "/v1/keys/\(id)/usage")
            #expect(usage["max_spend_usd"] == .null && usage["name"]?.string == "ci 2")
            let revoked = try await account.ask("DELETE", "/v1/keys/\(id)")
            #expect(revoked.status == 200 && revoked["revoked_at_ms"]?.integer == StoreRig.start.value)
            #expect(try await !account.accepts(secret))
            #expect(try await account.ask("DELETE", "/v1/keys/\(id)").status == 200)
            #expect(try await account.ask("PATCH", "/v1/keys/\(id)", #"{"name":"x"}"#).errorCode == "key_revoked")
        }
    }

    @Test func anotherTenantsKeyIsNotThere() async throws {
        try await withAccount { account in
            let foreign = try await account.rig.makeKey(of: .other).key.id
            for (method, path) in [
                ("DELETE", "/v1/keys/\(foreign)"), ("PATCH", "/v1/keys/\(foreign)"),
                ("GET", "/v1/keys/\(foreign)/usage"),
                ("DELETE", "/v1/keys/nonsense"), ("DELETE", "/v1/keys/\(KeyID.test(9))"),
            ] {
                let answer = try await account.ask(method, path, method == "PATCH" ? #"{"name":"mine"}"# : nil)
                #expect(answer.status == 404 && answer.errorCode == "key_unknown", "\(method) \(path)")
            }
            let list = try await account.ask("GET", "/v1/keys")
            #expect(!list.body.contains(foreign.text))
        }
    }

    @Test(arguments: [
        #"[]"#, #"{"name":5}"#, #"{"name":"a\nb"}"#, #"{"max_spend":"5"}"#, #"{"max_spend_usd":"1e3"}"#,
        #"{"max_spend_usd":-1}"#, #"{"max_spend_usd":"0.0000001"}"#, #"{"max_spend_usd":true}"#, #"{"scopes":[]}"#,
        #"{"scopes":["root"]}"#, #"{"scopes":"inference"}"#, #"{"expires_at_ms":1.5}"#, #"{"expires_at_ms":1}"#,
        #"{"name":"a","name":"b"}"#, #"{"name":"a""#, "",
    ])
    func bodiesThatSayNothingSensibleAreRefusedAndMakeNoKey(body: String) async throws {
        try await withAccount { account in
            let answer = try await account.ask("POST", "/v1/keys", body)
            #expect(answer.status == 400)
            #expect(try await account.ask("GET", "/v1/keys")["keys"]?.elements?.count == 0)
        }
    }

    @Test func aNumberOfDollarsIsTakenAsItIsWritten() async throws {
        try await withAccount { account in
            let made = try await account.ask("POST", "/v1/keys", #"{"max_spend_usd":0.300001}"#)
            #expect(made["max_spend_micros"]?.integer == 300_001)
        }
    }

    @Test func aKeyGivesNoMoreThanItHas() async throws {
        let expiry = UnixMillis(StoreRig.start.value + 1000)
        try await withAccount(scope: [.account, .keys], expiresAt: expiry) { account in
            let scope = try await account.ask("POST", "/v1/keys", #"{"scopes":["inference"]}"#)
            #expect(scope.status == 403 && scope.errorCode == "scope_missing")
            for life in ["\(expiry.value + 1)", "null"] {
                let beyond = try await account.ask("POST", "/v1/keys", #"{"expires_at_ms":\#(life)}"#)
                #expect(beyond.status == 403 && beyond.errorCode == "expiry_beyond_own", "\(life)")
            }
            let made = try await account.ask("POST", "/v1/keys", "{}")
            #expect(made["expires_at_ms"]?.integer == expiry.value, "it lives as long as its maker")
            #expect(made["scopes"]?.elements == [.string("account")], "the standard scopes that its maker has")
        }
        try await withAccount(cap: Micros(5)) { account in
            let capped = try await account.ask("POST", "/v1/keys", "{}")
            #expect(capped.status == 403 && capped.errorCode == "key_capped")
        }
    }

    @Test func keysAndAttemptsComeInPages() async throws {
        try await withAccount { account in
            for _ in 0..<5 { _ = try await account.ask("POST", "/v1/keys", "{}") }
            var ids: [String] = []
            var path = "/v1/keys?limit=2"
            while true {
                let page = try await account.ask("GET", path)
                ids += try #require(page["keys"]?.elements).compactMap { $0["id"]?.string }
                guard let next = page["next"]?.string else { break }
                path = "/v1/keys?limit=2&after=\(next)"
            }
            #expect(Set(ids).count == 5 && ids.count == 5)
            let key = try #require(KeyID(ids[0]))
            for number in UInt64(1)...7 { account.rig.queue.append(.test(number, key: key, cost: Int64(number))) }
            var costs: [Int64] = []
            path = "/v1/keys/\(key)/usage?limit=3"
            while true {
                let page = try await account.ask("GET", path)
                #expect(page["cost_micros"]?.integer == 28 && page["spent_micros"]?.integer == 28)
                costs += try #require(page["events"]?.elements).compactMap { $0["cost_micros"]?.integer }
                guard let next = page["next_before"]?.string else { break }
                path = "/v1/keys/\(key)/usage?limit=3&before=\(next)"
            }
            #expect(costs == [7, 6, 5, 4, 3, 2, 1])
            #expect(try await account.ask("GET", "/v1/keys?limit=0").status == 400)
            #expect(try await account.ask("GET", "/v1/keys?after=x").status == 404)
        }
    }

    @Test func aBodyBeyondTheBoundIsTooLarge() async throws {
        try await withAccount { account in
            let body = #"{"name":""# + String(repeating: "x", count: AccountEndpoints.bodyMost) + #""}"#
            let answer = try await account.ask("POST", "/v1/keys", body)
            #expect(answer.status == 413)
        }
    }

    @Test func aStoreThatCannotWriteIsUnavailable() async throws {
        try await withAccount { account in
            account.rig.faulty.plan(.forever(1))
            let answer = try await account.ask("POST", "/v1/keys", "{}")
            #expect(answer.status == 503)
            account.rig.faulty.plan(.none)
            #expect(try await account.ask("GET", "/v1/keys")["keys"]?.elements?.count == 0)
        }
    }
}

@Suite struct AccountCatalogTests {
    private static let text = """
        gatewayd: {listen: ["127.0.0.1:0"], state_directory: /tmp/g, socket: /tmp/g.sock}
        walletd: {socket: /tmp/w.sock}
        providers:
          local: {dialect: openai, base_url: "http://127.0.0.1:9/v1", credential: none}
        models:
          small:
            display_name: Small
            context_window: 131072
            max_output_tokens: 32768
            capabilities: [tools]
            hosts:
              - {provider: local, price: {input: 0.1, cache_read: 0.000001, output: 30}}
        aliases: {tiny: small}
        """

    private func served(_ generation: Int) throws -> ServedCatalog {
        let configuration = try ConfigFile<GatewaydConfiguration>(text: Self.text, name: "weir.yaml").configuration
        return ServedCatalog(configuration, generation: generation, loadedAt: StoreRig.start)
    }

    @Test func modelsAreListedWithPricesAsExactText() throws {
        let listing = CatalogListing(try served(1), at: StoreRig.start)
        let json = try listing.body.withUnsafeReadableBytes { try JSONValue(parsing: $0) }
        #expect(json["generated_at"]?.string == "2026-11-21T08:00:00.000Z")
        let model = try #require(json["models"]?.elements?.first)
        #expect(model["slug"]?.string == "small" && model["context_window"]?.integer == 131_072)
        #expect(model["capabilities"]?.elements == [.string("tools")])
        let host = try #require(model["hosts"]?.elements?.first)
        #expect(host["provider"]?.string == "local")
        #expect(host["input_per_mtok_usd"]?.string == "0.10")
        #expect(host["cache_read_per_mtok_usd"]?.string == "0.000001")
        #expect(host["output_per_mtok_usd"]?.string == "30.00")
        #expect(json["aliases"]?.elements?.first?["model"]?.string == "small")
    }
}

@Suite struct QueryTests {
    @Test func parametersAreDecodedAndTheLastOneCounts() throws {
        let query = Query("a=1&b=%41%2b+c&a=2&empty&stray=%zz%4&=x&plus=%+1")
        #expect(query["a"] == "2" && query["b"] == "A+ c" && query["empty"] == "" && query["stray"] == "%zz%4")
        #expect(query["none"] == nil && Query(nil)["a"] == nil && query["plus"] == "% 1")
        #expect(try query.integer("a", within: 1...2) == 2)
        #expect(throws: Refusal.self) { try query.integer("a", within: 3...4) }
        #expect(throws: Refusal.self) { try query.integer("b", within: 0...9) }
        #expect(try query.integer("none", within: 0...9) == nil)
    }
}
