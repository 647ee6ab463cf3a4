// Catalog: drafts that make sense become snapshots, others are refused with every reason.

import Money
import Routing
import Testing

@Suite struct CatalogTests {
    @Test(arguments: [
        ("claude-opus", "claude-opus"), ("opus", "claude-opus"), ("Claude-Opus", "claude-opus"),
        ("OPUS", "claude-opus"),
        ("claude-opus[1m]", "claude-opus"), ("Opus[1m]", "claude-opus"), ("MiniMax-M2", "MiniMax-M2"),
        ("minimax-m2", "MiniMax-M2"),
        ("gpt", nil), ("", nil), ("[1m]", nil), ("claude-opus[1m", nil), ("claude-opus]", nil),
        ("claude-opus[1m][2m]", "claude-opus"),
        ("claude-opus ", nil),
    ])
    func name_asClientsWriteIt_isResolved(name: String, id: String?) throws {
        let catalog = try Catalog(
            draft([("claude-opus", ["a0"]), ("MiniMax-M2", ["o0"])], aliases: [("opus", "claude-opus")]))
        #expect(catalog.resolve(name)?.id == id)
    }

    @Test func catalog_keepsTheDraftsOrderAndNumbersItsHosts() throws {
        let catalog = try Catalog(draft([("b", ["o0", "a0"]), ("a", ["a0"])], aliases: [("z", "a"), ("y", "b")]))
        #expect(catalog.models.map(\.id) == ["b", "a"])
        #expect(catalog.providers.map(\.name) == ["o0", "a0"])
        #expect(catalog.models.flatMap(\.hosts).map(\.index) == [0, 1, 2])
        #expect(catalog.models[1].hosts[0].provider == catalog.providers[1])
        #expect(catalog.aliases.map(\.name) == ["z", "y"])
        #expect(catalog.hostCount == 3)
    }

    private func faults(_ draft: CatalogDraft) -> [CatalogFault] {
        do throws(CatalogRefusal) {
            _ = try Catalog(draft)
            return []
        } catch {
            return error.faults
        }
    }

    @Test func everyFault_ofOneDraft_isReportedAtItsSubject() throws {
        var bad = try draft(
            [("m", ["a0"]), ("M", ["a0", "a0"]), ("n", []), ("p", ["a0"])],
            aliases: [("m", "p"), ("q", "nowhere"), ("r", "q"), ("s", "p")])
        bad.providers.append(CatalogDraft.Provider(name: "A0", dialect: .openai))
        bad.models[0].hosts[0].provider = "gone"
        bad.models[3].maxOutputTokens = 1001
        let found = faults(bad)
        #expect(
            found.map(\.subject) == [
                .provider(1), .hostProvider(model: 0, host: 0), .hostProvider(model: 1, host: 1), .model(2),
                .maxOutputTokens(model: 3), .model(1), .alias(0), .alias(1), .alias(2),
            ])
        #expect(found.allSatisfy { !$0.reason.isEmpty })
        #expect(found[7].reason == "there is no model \"nowhere\"")
        #expect(found[8].reason == "\"q\" is itself an alias; name the model")
    }

    @Test func sameUpstreamModel_atTwoProvidersOrTwiceAtOne_isToldApart() throws {
        var good = try draft([("m", ["a0", "a1"])])
        good.models[0].hosts[1].upstreamModel = good.models[0].hosts[0].upstreamModel
        #expect(faults(good).isEmpty)
        good.models[0].hosts[1].provider = "a0"
        #expect(faults(good).map(\.subject) == [.hostProvider(model: 0, host: 1)])
    }

    @Test func emptyCatalog_resolvesNothing() {
        #expect(Catalog.empty.resolve("m") == nil)
        #expect(Catalog.empty.hostCount == 0)
    }
}
