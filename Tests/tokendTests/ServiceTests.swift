// What tokend is asked, over a real socket: accounts, watches, connections, rotation, backups.

import Connections
import DaemonKit
import IPC
import NIOCore
import Storage
import Support
import Tenancy
import Testing
import Vault

@testable import tokend

@Suite(.timeLimit(.minutes(2))) struct ServiceTests {
    private func rows(_ client: AsyncTokenClient, of tenant: String? = nil) async throws -> [AccountRow] {
        let request = TokenListRequest(tenant: tenant.flatMap { TenantID($0) }, provider: "", after: "", limit: 200)
        return try await client.list(request).accounts
    }

    @Test func everyMessageOfTheProtocolIsAnswered() throws {
        let rig = try VaultRig()
        let unanswered = try rig.vault.parts.eventLoop.submit { [parts = rig.vault.parts] in
            parts.value.service.makeTable().unanswered
        }.wait()
        #expect(unanswered == [])
        try rig.vault.close()
        rig.authority.stop()
    }

    @Test func whatIsPutIsListedWithoutItsSecretAndToldToGatewayd() async throws {
        try await withVault { rig in
            let (client, watcher) = (await rig.asker(), await rig.asker(.gatewayd))
            #expect(try await client.put(.key("main", "sk-1")).outcome == .done)
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.isComplete }
            #expect(await seen.secret(named("main")) == "sk-1")
            #expect(try await client.put(.key("main", "sk-2")).outcome == .refused(.accountExists))
            #expect(try await client.put(.key("main", "sk-2", replace: true)).outcome == .done)
            try await until("the change") { await seen.secret(named("main")) == "sk-2" }
            let row = try #require(try await rows(client).first)
            #expect(row.account == named("main") && row.kind == .apiKey && row.state == .active)
            #expect(
                try await client.remove(TokenRemoveRequest(account: named("main"), revoke: false, source: "test"))
                    .outcome == .done)
            try await until("the withdrawal") { await seen.secret(named("main")) == nil }
            let generations = await seen.changes.filter { $0.account != nil }.map(\.generation)
            #expect(generations == generations.sorted() && Set(generations).count == generations.count)
            #expect(try await rows(client).isEmpty)
            #expect(!rig.log.all.contains { $0.contains("sk-") })
            await watcher.stop()
            await following
        }
    }

    @Test func theSameNameAgainHasHigherGenerationsThanBefore() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            let first = try await client.put(.key("main", "sk-1")).generation
            _ = try await client.remove(TokenRemoveRequest(account: named("main"), revoke: false, source: "test"))
            #expect(try await client.put(.key("main", "sk-1")).generation > first + 1)
        }
    }

    @Test func aWatcherThatReadsSlowlyIsToldTheNewestOnly() async throws {
        try await withVault { rig in
            let (client, watcher) = (await rig.asker(), await rig.asker(.gatewayd))
            // More accounts than the window has items: the picture waits for the reader.
            for number in 0..<100 { #expect(try await client.put(.key("n\(number)", "old")).outcome == .done) }
            let items = watcher.watch().makeAsyncIterator()
            _ = try await items.next()
            for round in 0..<20 {
                for number in 0..<5 { _ = try await client.put(.key("n\(number)", "new\(round)", replace: true)) }
            }
            var (changes, isComplete, last) = (0, false, [AccountKey: String]())
            while last[named("n4")] != "new19", let item = try await items.next() {
                if item.phase == .complete { isComplete = true }
                if item.phase == .change { changes += 1 }
                if let account = item.account { last[account] = item.secret.text }
            }
            #expect(isComplete)
            #expect(changes < 100, "each round of 5 accounts is told at most while it is the newest")
            #expect((0..<5).allSatisfy { last[named("n\($0)")] == "new19" })
        }
    }

    @Test func fieldsThatMakeNoSenseAreRefusedInTheOrderOfTheProtocol() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            func refusal(_ change: (inout TokenPutRequest) -> Void) async throws -> TokenOutcome {
                var request = TokenPutRequest.key("x", "sk-1")
                change(&request)
                return try await client.put(request).outcome
            }
            #expect(try await refusal { $0.account = named("x", at: "nobody") } == .refused(.providerUnknown))
            #expect(try await refusal { $0.kind = .botToken } == .refused(.kindUnfit))
            #expect(try await refusal { $0.kind = .none } == .refused(.kindUnfit))
            #expect(try await refusal { $0.secret = SecretField("") } == .refused(.fieldInvalid))
            #expect(try await refusal { $0.secret = SecretField("two\nlines") } == .refused(.fieldInvalid))
            #expect(try await refusal { $0.refreshToken = SecretField("r") } == .refused(.fieldInvalid))
            #expect(
                try await refusal { $0.metadata = [MetadataField(name: "x", value: "y")] } == .refused(.fieldInvalid))
            #expect(try await refusal { $0.kind = .basic } == .refused(.fieldInvalid))
            // The operator's client secret is for the provider's own endpoint alone.
            #expect(
                try await refusal {
                    $0 = .oauth("x")
                    $0.tokenEndpoint = "https://evil.example/token"
                } == .refused(.fieldInvalid))
            for target in [
                "https://127.0.0.1/token", "https://[::ffff:10.0.0.1]/token", "https://169.254.169.254/token",
            ] {
                let outcome = try await refusal {
                    $0 = .oauth("x")
                    $0.clientID = "own"
                    $0.tokenEndpoint = target
                }
                #expect(outcome == .refused(.addressForbidden), "\(target)")
            }
            #expect(try await rows(client).isEmpty)
        }
    }

    @Test func aTenantHasAsManyAccountsAsItMay() async throws {
        try await withVault({ $0.limits.perTenant = 2 }) { (rig: VaultRig) async throws in
            let client = await rig.asker()
            for name in ["a", "b"] { #expect(try await client.put(.key(name, "s")).outcome == .done) }
            #expect(try await client.put(.key("c", "s")).outcome == .refused(.limitReached))
            #expect(try await client.put(.key("a", "t", replace: true)).outcome == .done)
            #expect(try await client.put(.key("c", "s", of: "other")).outcome == .done)
        }
    }

    @Test func listsComeInPagesAndLeaveNothingOut() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            for tenant in ["a", "b"] {
                for number in 0..<25 { _ = try await client.put(.key("n\(number)", "s", of: tenant)) }
            }
            var (found, after) = ([AccountKey](), "")
            repeat {
                let page = try await client.list(
                    TokenListRequest(tenant: TenantID("b"), provider: "acme", after: after, limit: 7))
                found += page.accounts.map(\.account)
                after = page.next
            } while !after.isEmpty
            #expect(found.count == 25 && Set(found).count == 25 && found.allSatisfy { $0.tenant == TenantID("b") })
        }
    }

    // MARK: connecting

    private func begin(
        _ client: AsyncTokenClient, session: UInt8 = 1, of tenant: String = "brook"
    ) async throws -> String {
        let answer = try await client.connectBegin(
            ConnectBeginRequest(
                account: named("web", of: tenant), label: "The web", session: [UInt8](repeating: session, count: 32),
                redirect: "https://weir.test/cb",
                scopes: "", returnTo: "/done", source: "test", metadata: []))
        #expect(answer.outcome == .done)
        #expect(answer.url.contains("code_challenge_method=S256") && answer.url.contains("scope=read"))
        let state = try #require(answer.url.split(separator: "&").first { $0.hasPrefix("state=") })
        return String(state.dropFirst("state=".count))
    }

    private func finish(
        _ client: AsyncTokenClient, _ state: String, session: UInt8 = 1
    ) async throws -> ConnectFinishAnswer {
        try await client.connectFinish(
            ConnectFinishRequest(
                state: state, session: [UInt8](repeating: session, count: 32), code: SecretField("the-code"), error: "",
                issuer: ""))
    }

    @Test func aConnectionIsFinishedOnceByTheBrowserThatBeganItAlsoAfterARestart() async throws {
        try await withVault { rig in
            let client = await rig.asker(.gatewayd)
            let state = try await begin(client)
            try await rig.restart()
            let answer = try await finish(client, state)
            #expect(answer.outcome == .done && answer.account == named("web") && answer.returnTo == "/done")
            let ask = try #require(rig.authority.requests.first { $0.form["grant_type"] == "authorization_code" })
            #expect(ask.form["code"] == "the-code" && ask.form["code_verifier"]?.count == 43)
            #expect(ask.form["client_secret"] == "client-secret")
            #expect(try await rows(client).first?.state == .active)
            #expect(try await finish(client, state).outcome == .refused(.stateUnknown))
            let other = try await begin(client)
            #expect(try await finish(client, other, session: 2).outcome == .refused(.stateUnknown))
            #expect(try await finish(client, other).outcome == .refused(.stateUnknown))
            #expect(try await finish(client, "made-up").outcome == .refused(.stateUnknown))
        }
    }

    @Test func aTenantsConnectionsPushOutItsOwnOldestAndNobodyElses() async throws {
        try await withVault { rig in
            let client = await rig.asker(.gatewayd)
            let other = try await begin(client, of: "other")
            var states: [String] = []
            for _ in 0..<Store.connectingPerTenant + 8 { states.append(try await begin(client)) }
            var good = 0
            for state in states where try await finish(client, state).outcome != .refused(.stateUnknown) { good += 1 }
            #expect(good == Store.connectingPerTenant)
            #expect(try await finish(client, other).outcome != .refused(.stateUnknown))
        }
    }

    // MARK: tests

    private func test(_ client: AsyncTokenClient, _ name: String) async throws -> TokenTestAnswer {
        try await client.test(TokenTestRequest(account: named(name), source: "test"))
    }

    @Test func aTestTellsNobodyWhereANameLeads() async throws {
        try await withVault { rig in
            try await rig.restart {
                $0.book = .test(port: 1) { provider in
                    provider.main.baseURL = try! AddressTemplate("{base_url}")
                    provider.accountFields = [
                        AccountField(name: "base_url", source: .tenant, form: .address, isRequired: true)
                    ]
                }
            }
            let client = await rig.asker()
            var put = TokenPutRequest.key("main", "sk-1")
            put.metadata = [MetadataField(name: "base_url", value: "https://localhost")]
            #expect(try await client.put(put).outcome == .done)
            let answer = try await test(client, "main")
            #expect(answer.outcome == .refused(.addressForbidden))
            let events = try await client.events(TokenEventsRequest(tenant: nil, before: 0, limit: 10)).events
            for text in [answer.text] + events.map(\.text) {
                #expect(!["127.0.0.1", "::1", "loopback", "RFC"].contains(where: text.contains), "\(text)")
            }
            try await until("the operator is told") { rig.log.all.contains { $0.contains("localhost") } }
        }
    }

    @Test func aPortThatTheOperatorsDefinitionNamesMayBeCalled() async throws {
        try await withVault { rig in
            try await rig.restart {
                $0.book = .test(port: 1) { provider in
                    provider.main.baseURL = try! AddressTemplate("https://{region}.acme.invalid:8443")
                    provider.accountFields = [
                        AccountField(name: "region", source: .tenant, form: .label, isRequired: true)
                    ]
                }
            }
            let client = await rig.asker()
            var put = TokenPutRequest.key("main", "sk-1")
            put.metadata = [MetadataField(name: "region", value: "eu")]
            #expect(try await client.put(put).outcome == .done)
            // The name leads nowhere, which is seen only where it is looked up.
            let answer = try await test(client, "main")
            #expect(answer.outcome == .refused(.providerUnavailable), "\(answer.text)")
        }
    }

    @Test(arguments: [CredentialKind.apiKey, .basic]) func whatAVendorRepeatsOfACredentialIsNotTold(
        _ kind: CredentialKind
    ) async throws {
        try await withVault { rig in
            rig.authority.repeats(status: 403)
            let client = await rig.asker()
            var put = TokenPutRequest.key("main", "sk-very-secret")
            if kind == .basic { (put.kind, put.user) = (.basic, "ada") }
            #expect(try await client.put(put).outcome == .done)
            let answer = try await test(client, "main")
            #expect(answer.outcome == .refused(.providerRefused) && answer.text.contains("you sent"))
            let events = try await client.events(TokenEventsRequest(tenant: nil, before: 0, limit: 10)).events
            for text in [answer.text] + events.map(\.text) {
                #expect(!text.contains("sk-very-secret") && !text.contains("YWRhOnNrLXZlcnktc2VjcmV0"), "\(text)")
            }
        }
    }

    @Test func nothingSecretIsInTheFileOrInEvents() async throws {
        try await withVault { rig in
            let client = await rig.asker(.gatewayd)
            _ = try await client.put(.key("main", "very-secret-key"))
            _ = try await client.put(.oauth("o", endsIn: 9000))
            _ = try await finish(client, try await begin(client))
            let events = try await client.events(TokenEventsRequest(tenant: nil, before: 0, limit: 100)).events
            #expect(events.count == 3)
            #expect(Set(events.map(\.after)).count == 3 && events.allSatisfy { $0.after.count == 16 })
            try rig.vault.close()
            for secret in ["very-secret-key", "r.o.0", "a.o.0", "a.code.1", "client-secret"] {
                #expect(!rig.faulty.contains(Array(secret.utf8)), "\(secret)")
            }
            try await rig.reopen()
        }
    }

    // MARK: keys

    @Test func rotationBringsEverythingUnderTheNewKeyAndTheOldOneCanGo() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            for number in 0..<700 { _ = try await client.put(.key("n\(number)", "s\(number)")) }
            try await rig.restart { $0.ring = .test(2, older: [1]) }
            let before = try await client.status()
            #expect(before.oldSealed == 701)
            // Ended after its first page, and begun again.
            let first = client.rotate().makeAsyncIterator()
            _ = try await first.next()
            try await rig.restart()
            let items = client.rotate().makeAsyncIterator()
            while try await items.next() != nil {}
            let end = try #require(items.end)
            #expect(end.failed == 0 && end.done < 701 && end.key == before.key)
            #expect(try await client.status().oldSealed == 0)
            try await rig.restart { $0.ring = .test(2) }
            let watcher = await rig.asker(.gatewayd)
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.isComplete }
            for number in 0..<700 { #expect(await seen.secret(named("n\(number)")) == "s\(number)") }
            await watcher.stop()
            await following
        }
    }

    @Test func anotherKeyOpensNothingAndTheVaultIsNotServed() async throws {
        try await withVault { rig in
            try rig.vault.close()
            await #expect(throws: WrongVaultKey.self) { try await rig.reopen { $0.ring = .test(9) } }
            try await rig.reopen { $0.ring = .test(1) }
        }
    }

    @Test func aReloadThatLosesAKeyIsRefusedAndNothingIsWithdrawn() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            #expect(try await client.put(.key("one", "sk-1")).outcome == .done)
            #expect(throws: WrongVaultKey.self) { try rig.reload { $0.ring = .test(9) } }
            #expect(try await client.put(.key("two", "sk-2")).outcome == .done)
            try rig.reload { $0.ring = .test(2, older: [1]) }
            #expect(try await client.put(.key("three", "sk-3")).outcome == .done)
            // The file's own envelope opens under key 1, and what was put last does not.
            #expect(throws: WrongVaultKey.self) { try rig.reload { $0.ring = .test(1) } }
            try rig.reload { $0.ring = .test(3, older: [2, 1]) }
            try await rig.restart()
            let watcher = await rig.asker(.gatewayd)
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.isComplete }
            for (name, secret) in [("one", "sk-1"), ("two", "sk-2"), ("three", "sk-3")] {
                #expect(await seen.secret(named(name)) == secret)
            }
            await watcher.stop()
            await following
        }
    }

    /// What does not open now is no reason to keep an operator from reloading.
    @Test func aReloadMayLackAKeyThatIsLostAlready() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            #expect(try await client.put(.key("one", "sk-1")).outcome == .done)
            try rig.vault.close()
            var options = DatabaseOptions()
            options.fileLayer = rig.faulty.name
            let database = try Database(path: "/token.db", options: options)
            try database.execute("UPDATE sealed SET key = 'ffffffff' WHERE account = 1")
            database.close()
            try await rig.reopen()
            try rig.reload { $0.ring = .test(2, older: [1]) }
        }
    }

    @Test func aSecretMovedToAnotherAccountIsNotReleased() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            _ = try await client.put(.key("mine", "sk-mine"))
            _ = try await client.put(.key("theirs", "sk-theirs", of: "other"))
            try rig.vault.close()
            // What somebody could do who can write the file and has no key.
            var options = DatabaseOptions()
            options.fileLayer = rig.faulty.name
            let database = try Database(path: "/token.db", options: options)
            try database.execute(
                "UPDATE sealed SET envelope = (SELECT envelope FROM sealed WHERE account = 2) WHERE account = 1")
            database.close()
            try await rig.reopen()
            let watcher = await rig.asker(.gatewayd)
            let seen = WatchedCredentials()
            async let following: Void = seen.follow(watcher)
            try await until("the picture") { await seen.isComplete }
            #expect(await seen.secret(named("mine")) == nil)
            #expect(await seen.secret(named("theirs", of: "other")) == "sk-theirs")
            #expect(rig.log.alerts("secret_unopened").count == 1)
            await watcher.stop()
            await following
        }
    }
}
