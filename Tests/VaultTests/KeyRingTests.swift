// Keys and rings: what material makes a key, which key opens what, and how everything comes under a new one.

import Support
import Testing

@testable import Vault

@Suite struct KeyRingTests {
    @Test(arguments: [
        ([UInt8](0..<31), KeyRefusal.tooShort(31)), ([], .tooShort(0)),
        (Array(repeating: 0, count: 32), .allBytesEqual),
        (Array(repeating: 0x78, count: 64), .allBytesEqual),
        (Array(repeating: 1, count: 4096) + [2], .tooLong(4097)),
    ])
    func material_thatIsNoKey_isRefused(material: [UInt8], refusal: KeyRefusal) {
        #expect(throws: refusal) { try Sample.key(material) }
    }

    @Test func material_ofTheLeastAndTheMostLength_isAKey() throws {
        #expect(try Sample.key(Array(1...32)).id == Sample.key(Array(1...32)).id)
        _ = try Sample.key(Array(repeating: 1, count: 4095) + [2])
    }

    @Test func keys_ofMaterialsThatDifferInOneBit_haveDifferentNames() throws {
        var names: Set<SealingKeyID> = [try Sample.key().id]
        for bit in 0..<256 {
            var material = Sample.material
            material[bit / 8] ^= 1 << (bit % 8)
            #expect(names.insert(try Sample.key(material).id).inserted)
        }
        #expect(names.allSatisfy { $0.description.utf8.count == 8 })
        #expect(SealingKeyID(number: 0xAB).description == "000000ab")
    }

    @Test func ring_withAKeyTwiceOrTooManyKeys_isRefused() throws {
        let key = try Sample.key()
        #expect(throws: RingRefusal.sameKeyTwice(key.id)) { try KeyRing(active: key, older: [key]) }
        let many = try (0..<KeyRing.mostKeys).map { try Sample.key(Sample.otherMaterial + [UInt8($0)]) }
        #expect(throws: RingRefusal.tooManyKeys(13)) { try KeyRing(active: key, older: many) }
        let ring = try KeyRing(active: key, older: Array(many.dropLast()))
        #expect(ring.activeKey == key.id)
        #expect(ring.olderKeys == many.dropLast().map(\.id))
    }

    @Test func ringOfThreeKeys_opensWhatEachHasSealed_andSealsUnderTheFirst() throws {
        let (one, two, three) = (Sample.material, Sample.otherMaterial, Sample.thirdMaterial)
        let place = Sample.place()
        let envelopes = try [one, two, three].map { try Sample.ring($0).seal("token", at: place) }
        let ring = try Sample.ring(three, older: [two, one])
        for envelope in envelopes { #expect(try ring.openedText(envelope, at: place) == "token") }
        #expect(try envelopes.map(ring.needsResealing) == [true, true, false])
        #expect(try ring.key(of: ring.seal("x", at: place)) == ring.activeKey)
        let without = try Sample.ring(three, older: [two])
        #expect(without.refusal(of: envelopes[0], at: place) == .unknownKey(try Sample.key(one).id))
        #expect(try without.needsResealing(envelopes[0]))
    }

    @Test func reseal_givesTheSameSecretUnderTheActiveKey_inItsPlaceOnly() throws {
        let (place, scratch) = (Sample.place(), SecretArena())
        let old = try Sample.ring(Sample.material).seal("token", at: place)
        let ring = try Sample.ring(Sample.otherMaterial, older: [Sample.material])
        let new = try ring.reseal(old, at: place, scratch: scratch)
        #expect(try ring.key(of: new) == ring.activeKey)
        #expect(try Sample.ring(Sample.otherMaterial).openedText(new, at: place) == "token")
        #expect(throws: EnvelopeRefusal.damaged) {
            try ring.reseal(old, at: Sample.place("other"), scratch: scratch)
        }
        #expect(scratch.usage.secrets == 0)
    }

    /// A key whose name is right and whose bytes are not: what opens is decided by the key, not by its name.
    @Test func envelopeThatNamesTheWrongKey_isDamaged() throws {
        let place = Sample.place()
        let sealed = try Sample.ring(Sample.material).seal("token", at: place)
        let renamed = sealed.replacing("\(try Sample.key().id)", with: "\(try Sample.key(Sample.otherMaterial).id)")
        #expect(try Sample.ring(Sample.otherMaterial).refusal(of: renamed, at: place) == .damaged)
    }
}

@Suite struct RotationTests {
    /// 1,000 rows of two fields each, under three keys; some hopeless.
    private struct Store {
        var rows: [SealedRow] = []

        init(_ random: inout SeededRandom) throws {
            let rings = try [Sample.material, Sample.otherMaterial, Sample.thirdMaterial].map { try Sample.ring($0) }
            for number in 1...1000 {
                for field in ["access_token", "refresh_token"] {
                    let place = Sample.place("acme", "github", "\(number)", field)
                    let ring = rings[Int.random(in: 0..<3, using: &random)]
                    let envelope = try ring.seal("secret \(number) \(field)", at: place)
                    rows.append(SealedRow(number: Int64(number), place: place, envelope: envelope))
                }
            }
        }

        /// Whole rows after `position`, about `fields` of them.
        func page(after position: Int64?, fields: Int) -> [SealedRow] {
            let rest = rows.drop { $0.number <= position ?? 0 }
            guard let last = rest.prefix(fields).last else { return [] }
            return Array(rest.prefix { $0.number <= last.number })
        }

        mutating func write(_ resealing: Resealing) {
            guard let index = rows.firstIndex(where: { $0.place == resealing.place }) else { return }
            guard rows[index].envelope == resealing.old else { return }
            rows[index] = SealedRow(number: resealing.number, place: resealing.place, envelope: resealing.new)
        }
    }

    @Test func walkInterruptedAnywhere_bringsEverythingUnderTheActiveKey() throws {
        var random = SeededRandom.forTest()
        var store = try Store(&random)
        let ring = try Sample.ring(Sample.thirdMaterial, older: [Sample.otherMaterial, Sample.material])
        let scratch = SecretArena()
        var (plan, stops) = (RotationPlan(to: ring), 0)
        while !plan.isFinished {
            let before = plan.position
            let step = plan.step(store.page(after: plan.position, fields: 100), scratch: scratch)
            #expect(step.unreadable.isEmpty)
            if Int.random(in: 0..<4, using: &random) == 0 {
                // The process ends before the transaction does: the next one begins where the last was stored.
                plan = RotationPlan(to: ring, after: before)
                stops += 1
                continue
            }
            step.resealings.forEach { store.write($0) }
        }
        #expect(stops > 0, "seed \(random.seed)")
        let only = try Sample.ring(Sample.thirdMaterial)
        for row in store.rows {
            let secret = try only.openedText(row.envelope, at: row.place)
            #expect(row.place.description.hasSuffix(secret.replacing("secret ", with: "").replacing(" ", with: "/")))
        }
        var proof = RotationPlan(to: ring)
        while !proof.isFinished { _ = proof.step(store.page(after: proof.position, fields: 256), scratch: scratch) }
        #expect(proof.tally.isClean && proof.tally.current == 2000, "seed \(random.seed)")
        #expect(scratch.usage.secrets == 0)
    }

    @Test func fieldsThatDoNotOpen_areListedAndHoldNothingUp() throws {
        let place = Sample.place()
        let old = try Sample.ring(Sample.material).seal("token", at: place)
        let lost = try Sample.ring(Sample.thirdMaterial).seal("token", at: place)
        let ring = try Sample.ring(Sample.otherMaterial, older: [Sample.material])
        let damaged = String(old.prefix(40)) + (old.dropFirst(40).first == "A" ? "B" : "A") + old.dropFirst(41)
        let page = [lost, "not sealed", old, damaged].enumerated().map { index, envelope in
            SealedRow(number: Int64(index), place: place, envelope: envelope)
        }
        var plan = RotationPlan(to: ring)
        let step = plan.step(page, scratch: SecretArena())
        #expect(step.resealings.map(\.number) == [2])
        #expect(step.unreadable.map(\.number) == [0, 1, 3])
        #expect(step.unreadable[0].refusal == .unknownKey(try Sample.key(Sample.thirdMaterial).id))
        #expect(step.unreadable[1].refusal == .notAnEnvelope)
        #expect(!plan.tally.isClean && plan.tally.resealed == 1 && plan.tally.unreadable == 3)
        #expect(plan.position == 3 && !plan.isFinished)
    }

    /// A refresh seals a row anew between the page being read and written: the store's comparison keeps the newer one.
    @Test func rowThatChangedMeanwhile_keepsItsNewSecret() throws {
        var random = SeededRandom.forTest()
        var store = try Store(&random)
        let ring = try Sample.ring(Sample.thirdMaterial, older: [Sample.otherMaterial, Sample.material])
        var plan = RotationPlan(to: ring)
        let step = plan.step(store.page(after: nil, fields: 256), scratch: SecretArena())
        let raced = try #require(step.resealings.first)
        let newer = try ring.seal("newer", at: raced.place)
        store.write(Resealing(number: raced.number, place: raced.place, old: raced.old, new: newer))
        step.resealings.forEach { store.write($0) }
        let row = try #require(store.rows.first { $0.place == raced.place })
        #expect(try ring.openedText(row.envelope, at: row.place) == "newer")
    }
}
