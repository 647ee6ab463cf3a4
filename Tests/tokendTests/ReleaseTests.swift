// What gatewayd is told when an account has more to be told of than a message takes: everybody else is told all the
// same.

import Connections
import DaemonKit
import IPC
import NIOCore
import Storage
import Support
import Tenancy
import Testing

@testable import tokend

@Suite(.timeLimit(.minutes(2))) struct ReleaseTests {
    /// Everything a gatewayd is told at first, and how many look on afterwards.
    private func picture(_ rig: VaultRig) async throws -> (seen: WatchedCredentials, watchers: Int) {
        let (watcher, seen) = (await rig.asker(.gatewayd), WatchedCredentials())
        async let following: Void = seen.follow(watcher)
        try await until("the picture or its end") {
            if await seen.isComplete { return true }
            return await seen.isOver
        }
        let watchers = try await rig.vault.parts.eventLoop.submit { [parts = rig.vault.parts] in
            parts.value.service.watchers.count
        }.get()
        await watcher.stop()
        await following
        return (seen, watchers)
    }

    @Test func aNameOfEightySixChineseCharactersSilencesNobody() async throws {
        try await withVault { rig in
            try await rig.restart {
                $0.book = .test(port: rig.authority.port) {
                    $0.accountFields = [
                        AccountField(name: "name", source: .token, path: try! DottedPath("name")),
                        AccountField(name: "site", source: .token, path: try! DottedPath("site")),
                    ]
                }
            }
            let client = await rig.asker()
            let name = String(repeating: "字", count: 86)
            rig.authority.script("main", .state(#""name":"\#(name)","site":"x""#))
            #expect(try await client.put(.oauth("main")).outcome == .done)
            #expect(try await client.put(.key("other", "sk-1", of: "other")).outcome == .done)
            try await until("the token") { try await client.status().refreshed == 1 }
            let (seen, watchers) = try await picture(rig)
            #expect(await seen.isComplete)
            #expect(watchers == 1)
            #expect(await seen.secret(named("other", of: "other")) == "sk-1")
            #expect(await seen.secret(named("main")) == "a.main.1")
            #expect(await seen.items[named("main")]?.metadata == [MetadataField(name: "site", value: "x")])
        }
    }

    @Test func rowsOfAnEarlierReleaseThatDoNotFitAreWithdrawnByName() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            for name in ["long", "many", "fits"] {
                #expect(try await client.put(.key(name, "sk-\(name)")).outcome == .done)
            }
            try rig.vault.close()
            var options = DatabaseOptions()
            options.fileLayer = rig.faulty.name
            let database = try Database(path: "/token.db", options: options)
            let long = String(repeating: "x", count: FieldLimits.note + 1)
            try database.execute("INSERT INTO facts (account, name, value) VALUES (1, 'site', '\(long)')")
            for number in 0...FieldLimits.metadata {
                try database.execute("INSERT INTO facts (account, name, value) VALUES (2, 'f\(number)', 'x')")
            }
            let most = String(repeating: "x", count: FieldLimits.note)
            for number in 0..<FieldLimits.metadata {
                try database.execute("INSERT INTO facts (account, name, value) VALUES (3, 'f\(number)', '\(most)')")
            }
            database.close()
            try await rig.reopen()
            let (seen, watchers) = try await picture(rig)
            #expect(await seen.isComplete)
            #expect(watchers == 1)
            #expect(await seen.secret(named("fits")) == "sk-fits")
            #expect(await seen.secret(named("long")) == nil)
            #expect(await seen.secret(named("many")) == nil)
            #expect(await seen.items[named("long")]?.reason.contains("its site is longer than 256 bytes") == true)
            #expect(await seen.items[named("many")]?.reason.contains("9 facts") == true)
        }
    }

    @Test func theStoreKeepsOfFactsWhatCanBeToldAndOfTooManyTheNewest() throws {
        let faulty = FaultyFiles()
        let store = try Store(path: "/token.db", fileLayer: faulty.name, ring: .test())
        let facts = (0..<9).map { MetadataField(name: "f\($0)", value: "x") }
        let long = MetadataField(name: "long", value: String(repeating: "字", count: 86))
        try store.write([long] + facts + [long], of: 1)
        #expect(try store.facts(of: 1).map(\.name) == (1..<9).map { "f\($0)" })
        store.close()
    }

    @Test func whatDefinitionsAllowFitsAMessage() {
        #expect(AccountField.longest <= FieldLimits.note && AccountField.most < FieldLimits.metadata)
    }
}
