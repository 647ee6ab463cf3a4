// Redaction: nothing that holds a secret turns into text that has it.

import Testing

@testable import Vault

@Suite struct RedactionTests {
    private static let secret = "ghs_S3cr3tTokenOfAnybody"

    /// Every way Swift has of turning a value into text.
    private static func texts(of value: some Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var debug = ""
        debugPrint(value, to: &debug)
        var printed = ""
        print(value, to: &printed)
        let mirror = Mirror(reflecting: value)
        let children = mirror.children.map { "\($0.label ?? "") \($0.value)" } + ["\(mirror)"]
        let whole: [Any] = [value]
        return [
            String(describing: value), String(reflecting: value), "\(value)", "\([value])", "\(["k": value])", dumped,
            debug, printed, "\(Optional(value) as Any)", String(describing: whole),
        ] + children
    }

    private static func isSilent(_ value: some Any) -> Bool {
        let key = Sample.material.map(String.init).joined(separator: ", ")
        return texts(of: value).allSatisfy { text in
            !text.contains(secret) && !text.contains(key) && !text.contains("0x")
                && !text.contains(secret.utf8.map { String($0) }.joined(separator: ", "))
        }
    }

    @Test func whatHoldsASecret_neverPrintsIt() throws {
        var bytes = Array(Self.secret.utf8)
        let locked = LockedBytes(taking: &bytes)
        let arena = SecretArena()
        let slot = arena.store(Array(Self.secret.utf8))
        let (key, ring) = (try Sample.key(), try Sample.ring())
        #expect(Self.isSilent(locked))
        #expect(Self.isSilent(arena))
        #expect(Self.isSilent(slot))
        #expect(Self.isSilent(key))
        #expect(Self.isSilent(ring))
        #expect(Self.isSilent((locked, key)))
        #expect(Self.isSilent(RotationPlan(to: ring)))
    }

    @Test func whatHoldsASecret_saysThatItDoes() throws {
        #expect("\(try Sample.key())" == "<redacted>")
        #expect(Mirror(reflecting: try Sample.ring()).children.isEmpty)
    }

    /// The alarm rings: a value that is not redacted is noticed by the same look.
    @Test func alarm_onAnOpenValue_rings() {
        struct Careless { let token: String }
        #expect(!Self.isSilent(Careless(token: Self.secret)))
        #expect(!Self.isSilent(Array(Self.secret.utf8)))
    }

    @Test func refusals_nameNoSecret() throws {
        let place = Sample.place()
        let envelope = try Sample.ring().seal(Self.secret, at: place)
        let refusal = try #require(try Sample.ring().refusal(of: envelope, at: Sample.place("other")))
        #expect(Self.isSilent(refusal) && "\(refusal)" == "damaged")
    }
}
