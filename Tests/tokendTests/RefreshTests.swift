// Refreshing end to end, against a token endpoint that misbehaves: cases O-01 to O-09.

import Connections
import HTTP
import IPC
import NIOCore
import Refresh
import Support
import Tenancy
import Testing

@testable import tokend

@Suite(.timeLimit(.minutes(2))) struct RefreshTests {
    /// Connects an account and waits for its first token.
    private func connect(_ rig: VaultRig, _ name: String, _ client: AsyncTokenClient) async throws {
        #expect(try await client.put(.oauth(name)).outcome == .done)
        try await until("the first token of \(name)") { try await row(name, client).state == .active }
    }

    private func row(_ name: String, _ client: AsyncTokenClient) async throws -> AccountRow {
        let list = try await client.list(
            TokenListRequest(tenant: TenantID("brook"), provider: "", after: "", limit: 200))
        return try #require(list.accounts.first { $0.account == named(name) })
    }

    @Test func anAccountWithoutATokenGetsOneAndGatewaydIsToldOnlyWhenItIsStored() async throws {
        try await withVault { rig in
            let (client, watcher) = (await rig.asker(), await rig.asker(.gatewayd))
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.isComplete }
            rig.authority.script("main", .slow(millis: 100))
            #expect(try await client.put(.oauth("main")).outcome == .done)
            try await until("the token") { await seen.secret(named("main")) == "a.main.1" }
            #expect(rig.authority.calls("main") == 1)
            #expect(try await row("main", client).expiresAt != nil)
            await watcher.stop()
            await following
        }
    }

    @Test func twoHundredWhoAskAtOnceMakeOneCall_O01() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            rig.authority.script("main", .slow(millis: 300))
            #expect(try await client.put(.oauth("main")).outcome == .done)
            let outcomes = try await withThrowingTaskGroup(of: TokenOutcome.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        try await client.refresh(TokenRefreshRequest(account: named("main"), source: "test")).outcome
                    }
                }
                return try await group.reduce(into: [TokenOutcome]()) { $0.append($1) }
            }
            #expect(outcomes.allSatisfy { $0 == .done })
            #expect(rig.authority.calls("main") == 1)
        }
    }

    @Test func anOmittedRefreshTokenKeepsTheOld_O02() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            rig.authority.script("main", .keep)
            try await connect(rig, "main", client)
            try await rig.restart()
            let answer = try await client.put(.oauth("other"))
            #expect(answer.outcome == .done)
            #expect(rig.authority.current("main") == 0)
            // The next refresh presents the refresh token that was never replaced.
            try await refreshLater(rig, "main", client)
            #expect(rig.authority.ended.isEmpty)
            #expect(rig.authority.requests.filter { $0.form["refresh_token"] == "r.main.0" }.count == 2)
        }
    }

    /// A restart forgets how new a credential is, so that it can be asked for again at once.
    private func refreshLater(_ rig: VaultRig, _ name: String, _ client: AsyncTokenClient) async throws {
        try await rig.restart()
        let answer = try await client.refresh(TokenRefreshRequest(account: named(name), source: "test"))
        #expect(answer.outcome == .done, "\(answer.text)")
    }

    /// A definition whose accounts have facts from everybody who tells any: the tenant, the token endpoint, the identity.
    private func addFacts(_ settings: inout VaultSettings, port: Int) {
        settings.book = .test(port: port) { provider in
            provider.identity = try! ProbeRequest("GET /me")
            provider.accountFields = [
                AccountField(name: "region", source: .tenant, form: .label, isRequired: true),
                AccountField(name: "place", source: .token, path: try! DottedPath("place"), isRequired: true),
                AccountField(name: "email", source: .identity, path: try! DottedPath("email")),
            ]
        }
    }

    @Test func aRefreshKeepsEveryFactThatItsAnswerDoesNotTell_O02() async throws {
        try await withVault { rig in
            try await rig.restart { addFacts(&$0, port: rig.authority.port) }
            let (client, watcher) = (await rig.asker(), await rig.asker(.gatewayd))
            rig.authority.script("main", .state(#""place":"first","expires_in":3600"#))
            var put = TokenPutRequest.oauth("main")
            put.metadata = [MetadataField(name: "region", value: "eu"), MetadataField(name: "email", value: "a@b.c")]
            #expect(try await client.put(put).outcome == .done)
            try await until("the first token") { try await row("main", client).state == .active }
            // The next answers say nothing of the place, which is required and known, and then another one.
            try await refreshLater(rig, "main", client)
            try await rig.restart()
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.isComplete }
            #expect(await facts(seen) == ["region": "eu", "email": "a@b.c", "place": "first"])
            rig.authority.script("main", .state(#""place":"second","expires_in":3600"#))
            let answer = try await client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            #expect(answer.outcome == .done, "\(answer.text)")
            try await until("the new place") { await facts(seen)["place"] == "second" }
            #expect(await facts(seen) == ["region": "eu", "email": "a@b.c", "place": "second"])
            #expect(rig.authority.ended.isEmpty && rig.authority.current("main") == 3)
            await watcher.stop()
            await following
        }
    }

    private func facts(_ seen: WatchedCredentials) async -> [String: String] {
        let told = await seen.items[named("main")]?.metadata ?? []
        return Dictionary(uniqueKeysWithValues: told.map { ($0.name, $0.value) })
    }

    @Test func aTokenIsDurableBeforeItIsUsed_O03() async throws {
        try await withVault { rig in
            let (client, watcher) = (await rig.asker(), await rig.asker(.gatewayd))
            try await connect(rig, "main", client)
            try await rig.restart()
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.isComplete }
            // The disk takes the mark, and then nothing: the provider has rotated, and nobody is told of the new token.
            rig.authority.script("main", .slow(millis: 400))
            async let refreshing = client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            try await until("the call") { rig.authority.calls("main") == 2 }
            rig.faulty.refuseWrites(true)
            #expect(try await refreshing.outcome == .refused(.providerUnavailable))
            #expect(await seen.secret(named("main")) == "a.main.1")
            try await until("the alert") { rig.log.alerts("token_not_stored").count == 1 }
            rig.faulty.refuseWrites(false)
            try await until("the stored token") { await seen.secret(named("main")) == "a.main.2" }
            #expect(rig.authority.calls("main") == 2)
            await watcher.stop()
            await following
        }
    }

    @Test func aRefusedGrantWhoseStoreChangedIsNoDeath_O04() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            try await connect(rig, "main", client)
            try await rig.restart()
            // Connected again while the refusal is on its way: what is stored is another version, and it wins.
            rig.authority.script("main", .refuseLate(millis: 500))
            async let refreshing = client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            try await until("the call") { rig.authority.calls("main") == 2 }
            #expect(try await client.put(.oauth("main", endsIn: 3600, replace: true)).outcome == .done)
            #expect(try await refreshing.outcome == .done)
            #expect(try await row("main", client).state == .active)
            #expect(rig.log.alerts("account_dead").isEmpty)
        }
    }

    @Test func aRefusedGrantIsDeathOnceWithOneAlert_O05() async throws {
        try await withVault { rig in
            let (client, watcher) = (await rig.asker(), await rig.asker(.gatewayd))
            try await connect(rig, "main", client)
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.secret(named("main")) == "a.main.1" }
            try await rig.restart()
            rig.authority.script("main", .refuse(400, #"{"error":"invalid_grant"}"#))
            let answer = try await client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            #expect(answer.outcome == .refused(.accountDead))
            for _ in 0..<20 {
                let again = try await client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
                #expect(again.outcome == .refused(.accountDead))
            }
            try await rig.restart()
            #expect(try await row("main", client).state == .dead)
            #expect(try await row("main", client).reason.contains("connect the account again"))
            #expect(rig.log.alerts("account_dead").count == 1)
            #expect(rig.authority.calls("main") == 2)
            let events = try await client.events(TokenEventsRequest(tenant: TenantID("brook"), before: 0, limit: 10))
            #expect(events.events.filter { $0.action == "died" }.count == 1)
            await watcher.stop()
            await following
        }
    }

    @Test(arguments: ["", #""expires_in":3600000"#, #""expires_in":"3600""#, #""expires_at":"2099-01-01T00:00:00Z""#])
    func everyTokenHasAnEndAndAnAlarm_O06(_ members: String) async throws {
        try await withVault { rig in
            let client = await rig.asker()
            rig.authority.script("main", .state(members))
            try await connect(rig, "main", client)
            let row = try await row("main", client)
            let alarm = try #require(row.refreshAt)
            #expect(alarm > Clock.wall())
            #expect(try alarm < #require(row.expiresAt))
        }
    }

    @Test func aSlowEndpointIsAskedOnce_O07() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            rig.authority.script("main", .slow(millis: 2500))
            #expect(try await client.put(.oauth("main")).outcome == .done)
            for _ in 0..<5 {
                _ = try await client.refresh(
                    TokenRefreshRequest(account: named("main"), source: "test"), deadline: .seconds(10))
            }
            #expect(rig.authority.calls("main") == 1)
            #expect(rig.authority.mostInFlight == 1)
        }
    }

    @Test func aFailedAttemptLeavesNobodyWaiting_O08() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            rig.authority.usually(.refuse(500, "oops"))
            #expect(try await client.put(.oauth("main")).outcome == .done)
            try await until("the failure") { rig.authority.calls("main") > 0 }
            let answer = try await client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            #expect(answer.outcome == .refused(.providerUnavailable))
            #expect(answer.text.contains("500"))
            rig.authority.usually(.rotate(lives: 3600))
            try await until("the next attempt") { try await row("main", client).state == .active }
            #expect(rig.authority.calls("main") > 1)
            #expect(rig.authority.ended.isEmpty)
        }
    }

    @Test func aProviderThatRepeatsTheOperatorsSecretTellsItToNobody() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            rig.authority.script(
                "main", .refuse(401, #"{"error":"invalid_client","error_description":"client-secret is wrong"}"#))
            #expect(try await client.put(.oauth("main")).outcome == .done)
            try await until("the failure") { try await row("main", client).failures == 1 }
            #expect(try await row("main", client).reason == "invalid_client: (secret) is wrong")
            try await until("the alert") { rig.log.alerts("client_refused").count == 1 }
            #expect(!rig.log.all.contains { $0.contains("client-secret") })
        }
    }

    @Test func aClientIsSaidToBeRefusedOfAllAccountsOnlyWhenItIsTheirsAndAgainAfterItWasWell() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            var alerts: [String] { rig.log.alerts("client_refused") }
            let refused = #"{"error":"invalid_client"}"#
            for number in 1...2 {
                var request = TokenPutRequest.oauth("own\(number)")
                (request.clientID, request.clientSecret) = ("own", SecretField("own-secret"))
                rig.authority.script("own\(number)", .refuse(401, refused))
                #expect(try await client.put(request).outcome == .done)
                try await until("an alert for each client of its own") { alerts.count == number }
            }
            #expect(!alerts.contains { $0.contains("none of its accounts") })
            for number in 1...3 {
                rig.authority.script("main\(number)", .refuse(401, refused))
                #expect(try await client.put(.oauth("main\(number)")).outcome == .done)
                try await until("the refusal") { try await row("main\(number)", client).failures == 1 }
            }
            #expect(alerts.count == 3 && alerts[2].contains("none of its accounts"), "of the operator's client once")
            try await connect(rig, "well", client)
            rig.authority.script("again", .refuse(401, refused))
            #expect(try await client.put(.oauth("again")).outcome == .done)
            try await until("the alert after it was well") { alerts.count == 4 }
        }
    }

    @Test func anAccountThatIsPutWhileItsTokenWaitsForTheDiskHasNothingUnderWay() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            try await connect(rig, "main", client)
            try await rig.restart()
            rig.authority.script("main", .slow(millis: 400))
            async let refreshing = client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            try await until("the call") { rig.authority.calls("main") == 2 }
            rig.faulty.refuseWrites(true)
            #expect(try await refreshing.outcome == .refused(.providerUnavailable))
            rig.faulty.refuseWrites(false)
            #expect(try await client.put(.oauth("main", endsIn: 3600, replace: true)).outcome == .done)
            let flights = try await rig.vault.parts.eventLoop.submit { [parts = rig.vault.parts] in
                parts.value.service.refreshes.flights.count
            }.get()
            #expect(flights == 0, "the granted token is nobody's any more")
            #expect(try await row("main", client).state == .active)
        }
    }

    @Test func aStopWaitsForTheCallThatIsUnderWay() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            rig.authority.script("main", .slow(millis: 700))
            #expect(try await client.put(.oauth("main")).outcome == .done)
            try await until("the call") { rig.authority.calls("main") == 1 }
            try await rig.vault.drain().get()
            try await rig.restart()
            #expect(try await row("main", client).state == .active)
            #expect(rig.authority.calls("main") == 1)
        }
    }

    /// The guard stands at every call, not only where the account is connected: the allow-list may have changed since, and a
    /// name may lead elsewhere.
    @Test func anEndpointOfATenantsOwnIsGuardedAtEveryRefresh() async throws {
        try await withVault { rig in
            let port = rig.authority.port
            let allowed = try AddressPolicy(allowed: [AllowedTarget("127.0.0.1:\(port)")])
            try await rig.restart { settings in
                settings.addresses = allowed
                settings.book = .test(port: port) { $0.plainHTTP = true }
            }
            let client = await rig.asker()
            var put = TokenPutRequest.oauth("main", endsIn: 3600)
            (put.clientID, put.tokenEndpoint) = ("own", "http://127.0.0.1:\(port)/token")
            put.clientSecret = SecretField("own-secret")
            #expect(try await client.put(put).outcome == .done)
            try await refreshLater(rig, "main", client)
            #expect(rig.authority.calls("main") == 1)
            try await rig.restart { $0.addresses = AddressPolicy() }
            let answer = try await client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            #expect(answer.outcome != .done && answer.text.contains("not allowed"), "\(answer.text)")
            #expect(rig.authority.calls("main") == 1)
        }
    }

    @Test func aTenantIsNotToldWhereANameLeads() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            var put = TokenPutRequest.oauth("main")
            (put.clientID, put.tokenEndpoint) = ("own", "https://localhost/token")
            put.clientSecret = SecretField("own-secret")
            #expect(try await client.put(put).outcome == .done)
            let answer = try await client.refresh(TokenRefreshRequest(account: named("main"), source: "test"))
            #expect(answer.outcome != .done && answer.text.contains("not allowed"), "\(answer.text)")
            let told = [answer.text, try await row("main", client).reason].joined(separator: "; ")
            #expect(!["127.0.0.1", "::1", "loopback", "RFC"].contains(where: told.contains), "\(told)")
            try await until("the operator is told") { rig.log.all.contains { $0.contains("localhost") } }
        }
    }

    @Test func whatIsOverdueAfterADowntimeIsRefreshedOnceEach_O09() async throws {
        try await withVault { rig in
            try rig.vault.close()
            let store = try Store(path: "/token.db", fileLayer: rig.faulty.name, ring: .test())
            // Stored while they were good, and down until after their ends.
            try fill(store, 300) { Int64($0) * 1000 - 3_600_000 }
            store.close()
            try await rig.reopen()
            try await until("all of them") {
                (0..<300).allSatisfy { rig.authority.current("n\($0)") == 1 }
            }
            #expect(rig.authority.allCalls.values.allSatisfy { $0 == 1 })
            #expect(rig.authority.mostInFlight <= 64)
            #expect(rig.authority.ended.isEmpty)
        }
    }
}
