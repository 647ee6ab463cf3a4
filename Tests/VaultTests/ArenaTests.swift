// The arena against a dictionary under random load, and what a secret costs in it.

import Support
import Testing

@testable import Vault

@Suite struct ArenaTests {
    @Test func slotSizes_areTheShortestThatFit_andAtMostAnEighthTooLong() {
        for count in 1...SlotSizes.largest {
            guard let index = SlotSizes.index(for: count) else {
                Issue.record("\(count) has a class")
                return
            }
            let size = SlotSizes.all[index]
            #expect(size >= count && (index == 0 || SlotSizes.all[index - 1] < count))
            #expect(size - count < max(SlotSizes.step, (count + 7) / 8))
        }
        #expect(SlotSizes.index(for: SlotSizes.largest + 1) == nil)
        #expect(SlotSizes.all == SlotSizes.all.sorted() && SlotSizes.all.count == 56)
    }

    @Test func arena_underRandomLoad_keepsEverySecretAndItsCount() {
        var random = SeededRandom.forTest()
        let arena = SecretArena()
        var model: [(slot: SecretSlot, bytes: [UInt8])] = []
        for step in 0..<40_000 {
            let isFilling = step / 5000 % 2 == 0
            if model.isEmpty || Int.random(in: 0..<10, using: &random) < (isFilling ? 7 : 3) {
                let bytes = Self.secret(&random)
                model.append((arena.store(bytes), bytes))
            } else {
                let gone = model.remove(at: Int.random(in: 0..<model.count, using: &random))
                #expect(arena.bytes(of: gone.slot) == gone.bytes, "seed \(random.seed), step \(step)")
                arena.release(gone.slot)
            }
        }
        #expect(model.allSatisfy { arena.bytes(of: $0.slot) == $0.bytes }, "seed \(random.seed)")
        #expect(arena.usage.secrets == model.count)
        #expect(arena.usage.secretBytes == model.reduce(0) { $0 + $1.bytes.count })
        model.forEach { arena.release($0.slot) }
        // One open slab per class at most stays.
        #expect(arena.usage.secrets == 0 && arena.usage.secretBytes == 0)
        #expect(arena.usage.mappedBytes <= SlotSizes.all.count * SecretArena.largestSlab, "seed \(random.seed)")
    }

    /// Most are as long as tokens; a few take pages of their own.
    private static func secret(_ random: inout SeededRandom) -> [UInt8] {
        let longest = [64, 64, 600, 600, 600, 2500, 20_000][Int.random(in: 0..<7, using: &random)]
        let count = Int.random(in: 1...longest, using: &random)
        let byte = UInt8(truncatingIfNeeded: random.next())
        return (0..<count).map { UInt8(truncatingIfNeeded: $0) ^ byte }
    }

    @Test func slotAfterItsRelease_stopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let arena = SecretArena()
            let slot = arena.store(Array("gone".utf8))
            arena.release(slot)
            _ = arena.bytes(of: slot)
        }
        await #expect(processExitsWith: .failure) {
            let arena = SecretArena()
            let slot = arena.store([UInt8](repeating: 1, count: 20_000))
            arena.release(slot)
            let next = arena.store([UInt8](repeating: 1, count: 20_000))
            // The next one took its number over, but not its generation.
            _ = arena.bytes(of: next)
            arena.release(slot)
        }
    }

    @Test func slotOfAnArenaThatIsAskedWithinItsOwnClosure_stopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let arena = SecretArena()
            let slot = arena.store(Array("outer".utf8))
            arena.withBytes(of: slot) { _ in arena.release(slot) }
        }
    }

    @Test func arena_fromSeveralThreads_keepsEverySecret() async {
        let arena = SecretArena()
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let slots = (0..<5000).map { number in
                        (arena.store(Array("secret \(worker) \(number)".utf8)), "secret \(worker) \(number)")
                    }
                    let isIntact = slots.allSatisfy { arena.bytes(of: $0.0) == Array($0.1.utf8) }
                    slots.forEach { arena.release($0.0) }
                    return isIntact
                }
            }
            for await isIntact in group { #expect(isIntact) }
        }
        #expect(arena.usage.secrets == 0)
    }

    @Test func arena_whoseSecretsAreGone_givesTheirMemoryBack() {
        let arena = SecretArena()
        let slots = (0..<20_000).map { _ in arena.store([UInt8](repeating: 1, count: 500)) }
        #expect(arena.usage.mappedBytes > 10_000_000)
        slots.forEach(arena.release)
        #expect(arena.usage.mappedBytes <= SecretArena.largestSlab)
        let next = arena.store([UInt8](repeating: 1, count: 500))
        #expect(arena.usage.mappedBytes <= SecretArena.largestSlab, "what is kept is used first")
        arena.release(next)
    }

    /// Ten accounts fit into a page or two of the 8 MiB that a unit may lock by default.
    @Test func arena_ofFewSecrets_takesLittleMemory() {
        let arena = SecretArena()
        for count in [20, 40, 93, 180, 220, 255, 600, 1024, 1800, 2400] {
            _ = arena.store([UInt8](repeating: 1, count: count))
        }
        #expect(arena.usage.mappedBytes <= 10 * SecretArena.smallestSlab)
    }

    /// No bar on time; the figures are for reading. The bar on memory is the point of the arena.
    @Test func figures_ofAHundredThousandTokens() throws {
        let clock = ContinuousClock()
        let (arena, ring) = (SecretArena(), try Sample.ring())
        var random = SeededRandom.forTest()
        let places = (0..<10_000).map { Sample.place("acme", "github", "\($0)", "access_token") }
        let secrets = places.map { _ in [UInt8](repeating: 1, count: Int.random(in: 40...1200, using: &random)) }
        var envelopes: [String] = []
        let sealing = try clock.measure { envelopes = try zip(secrets, places).map { try ring.seal($0, at: $1) } }
        var slots: [SecretSlot] = []
        slots.reserveCapacity(100_000)
        let opening = try clock.measure {
            for _ in 0..<10 {
                for (envelope, place) in zip(envelopes, places) {
                    slots.append(try ring.open(envelope, at: place, into: arena))
                }
            }
        }
        let usage = arena.usage
        print(
            "vault: sealing \(sealing / 10_000) each, opening into the arena \(opening / 100_000) each, "
                + "\(usage.secretBytes / usage.secrets) bytes a token, \(usage.mappedBytes / usage.secrets) of memory")
        #expect(usage.mappedBytes < usage.secretBytes * 115 / 100 + SlotSizes.all.count * SecretArena.largestSlab)
        slots.forEach(arena.release)
    }
}
