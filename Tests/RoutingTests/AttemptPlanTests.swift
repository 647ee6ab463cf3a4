// AttemptPlan: the right hosts in the right order, whatever is known to be down.

import Money
import Routing
import Testing

private let second: UInt64 = 1_000_000_000

/// A catalog, its cooldowns and a clock that moves when told.
private struct Bench {
    var catalog: Catalog
    var cooldowns: CooldownTable
    var now: UInt64 = 1000 * second

    init(_ hosts: [String]) throws {
        catalog = try Catalog(draft([("m", hosts)]))
        cooldowns = CooldownTable(catalog)
    }

    mutating func plan(_ dialect: UpstreamDialect = .anthropic, nativeOnly: Bool = false) -> [String] {
        do throws(PlanRefusal) {
            return try AttemptPlan(
                catalog.models[0], dialect, nativeOnly: nativeOnly, &cooldowns, now: now
            ).attempts.map(\.providerName)
        } catch {
            return ["\(error)"]
        }
    }

    mutating func fail(_ name: String, _ trouble: UpstreamTrouble, jitter: UInt64 = 0) throws {
        cooldowns.failed(try attempt(name), trouble, now: now, jitter: jitter)
    }

    mutating func succeed(_ name: String) throws { cooldowns.succeeded(try attempt(name)) }

    /// The attempt at `name`, from a plan that knows nothing of failures.
    private func attempt(_ name: String) throws -> PlannedAttempt {
        for model in catalog.models {
            var fresh = CooldownTable(catalog)
            let plan = try? AttemptPlan(model, .anthropic, &fresh, now: 0)
            if let attempt = plan?.attempts.first(where: { $0.providerName == name }) { return attempt }
        }
        throw Missing()
    }

    struct Missing: Error {}
}

@Suite struct AttemptPlanTests {
    @Test func hosts_allWell_areInOrderOfPreferenceUpToTheBound() throws {
        var bench = try Bench(["a0", "o0", "a1", "a2", "a3"])
        #expect(bench.plan() == ["a0", "a1", "a2"])
        #expect(bench.plan(.openai) == ["o0", "a0", "a1"], "those that speak the client's dialect first")
        #expect(bench.plan(.openai, nativeOnly: true) == ["o0"])
    }

    @Test func hosts_asListed_whateverTheySpeak() throws {
        var listed = try draft([("m", ["a0", "o0", "a1"])])
        listed.models[0].prefersNative = false
        let catalog = try Catalog(listed)
        var cooldowns = CooldownTable(catalog)
        let plan = try AttemptPlan(catalog.models[0], .openai, &cooldowns, now: 0)
        #expect(plan.attempts.map(\.providerName) == ["a0", "o0", "a1"])
    }

    @Test func dialect_thatNoHostSpeaks_isRefusedWhereNothingElseWillDo() throws {
        var bench = try Bench(["a0"])
        #expect(bench.plan(.openai) == ["a0"])
        #expect(bench.plan(.openai, nativeOnly: true) == ["notOffered"])
    }

    @Test func benchedHost_isPassedOver_andTriedByOneRequestWhenItsPauseIsOver() throws {
        var bench = try Bench(["a0", "a1"])
        try bench.fail("a0", .serverError)
        #expect(bench.plan() == ["a1"])
        bench.now += second
        #expect(bench.plan() == ["a0", "a1"], "the first request tries")
        #expect(bench.plan() == ["a1"], "others stay away")
        try bench.succeed("a0")
        #expect(bench.plan() == ["a0", "a1"])
        #expect(bench.plan() == ["a0", "a1"])
    }

    /// T-16: ten requests a second meet a host that is down for a minute.
    @Test(arguments: [UpstreamTrouble.serverError, .connect, .timeout], [0, 7_919, .max] as [UInt64])
    func flappingHost_isTriedSeldom_andBackWithin30SecondsOfItsRecovery(
        _ trouble: UpstreamTrouble, jitter: UInt64
    ) throws {
        var bench = try Bench(["a0", "a1"])
        let recovery = bench.now + 60 * second
        var tries = 0
        while bench.now < recovery {
            if bench.plan().first == "a0" {
                tries += 1
                try bench.fail("a0", trouble, jitter: jitter)
            }
            bench.now += second / 10
        }
        #expect((3...16).contains(tries), "of 600 requests \(tries) met the failing host")
        while bench.plan().first != "a0" { bench.now += second / 10 }
        #expect(bench.now - recovery < 30 * second)
        try bench.succeed("a0")
        #expect(bench.plan().first == "a0")
    }

    @Test func trial_thatIsNeverAnswered_isRepeatedSoon() throws {
        var bench = try Bench(["a0", "a1"])
        try bench.fail("a0", .timeout)
        bench.now += 2 * second
        #expect(bench.plan() == ["a0", "a1"])
        bench.now += 2 * second
        #expect(bench.plan() == ["a0", "a1"])
    }

    @Test func allBenched_theSoonestIsTriedAnyway() throws {
        var bench = try Bench(["a0", "a1"])
        try bench.fail("a0", .timeout)
        try bench.fail("a1", .connect)
        #expect(bench.plan() == ["a1"])
    }

    @Test func statedPause_isKept_andToldWhenNothingElseIsThere() throws {
        var bench = try Bench(["a0", "a1"])
        try bench.fail("a0", .rateLimited(retryAfterNanos: 287_441 * second))
        #expect(bench.plan() == ["a1"])
        try bench.fail("a1", .rateLimited(retryAfterNanos: 5 * second))
        #expect(bench.plan() == ["allPaused(retryAfterNanos: 5000000000)"])
        bench.now += 5 * second
        #expect(bench.plan() == ["a1"])
    }

    @Test func statedPause_ofOneAndStumbleOfAnother_triesTheStumbler() throws {
        var bench = try Bench(["a0", "a1"])
        try bench.fail("a0", .rateLimited(retryAfterNanos: second))
        try bench.fail("a1", .serverError)
        #expect(bench.plan() == ["a1"])
    }

    @Test func troubleWithTheConnection_benchesAllModelsThere_troubleWithAnAnswerOnlyOne() throws {
        let catalog = try Catalog(draft([("m", ["a0"]), ("n", ["a0", "a1"])]))
        func second(after trouble: UpstreamTrouble) throws -> String {
            var cooldowns = CooldownTable(catalog)
            let attempt = try AttemptPlan(catalog.models[0], .anthropic, &cooldowns, now: 0).attempts[0]
            cooldowns.failed(attempt, trouble, now: 1_000_000_000, jitter: 0)
            return try AttemptPlan(catalog.models[1], .anthropic, &cooldowns, now: 1_000_000_000).attempts[0]
                .providerName
        }
        for trouble in [UpstreamTrouble.connect, .credentialRefused, .rateLimited(retryAfterNanos: 1_000_000_000)] {
            #expect(try second(after: trouble) == "a1", "\(trouble)")
        }
        for trouble in [UpstreamTrouble.timeout, .serverError, .rateLimited(retryAfterNanos: nil)] {
            #expect(try second(after: trouble) == "a0", "\(trouble)")
        }
    }

    /// B-33: a plan made before a reload keeps the prices it was held at.
    @Test func plan_madeBeforeAReload_keepsItsPrices() throws {
        var before = try draft([("m", ["a0"])])
        let old = try Catalog(before)
        var cooldowns = CooldownTable(old)
        let plan = try AttemptPlan(old.models[0], .anthropic, &cooldowns, now: 0)
        before.models[0].hosts[0].prices = try prices("9", "9")
        let new = try Catalog(before)
        #expect(plan.attempts[0].prices == (try prices("1", "2")))
        #expect(new.models[0].hosts[0].prices == (try prices("9", "9")))
    }

    @Test func reload_thatMovesHosts_carriesWhatWasKnownByName() throws {
        let old = try Catalog(draft([("m", ["a0", "a1"]), ("n", ["a2"])]))
        var table = CooldownTable(old)
        let attempts = try AttemptPlan(old.models[0], .anthropic, &table, now: 0).attempts
        table.failed(attempts[0], .connect, now: second, jitter: 0)
        table.failed(attempts[1], .serverError, now: second, jitter: 0)
        let new = try Catalog(draft([("n", ["a2"]), ("m", ["a3", "a1", "a0"])]))
        var carried = CooldownTable(new, inheriting: table, of: old)
        #expect(
            try AttemptPlan(new.models[1], .anthropic, &carried, now: second).attempts.map(\.providerName) == ["a3"])
        #expect(
            try AttemptPlan(new.models[0], .anthropic, &carried, now: second).attempts.map(\.providerName) == ["a2"])
    }
}
