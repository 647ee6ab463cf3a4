// CredentialTable: pictures replace each other whole, changes are applied, and a naive second table agrees.

import Connections
import IPC
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct CredentialTableTests {
    private let table = CredentialTable()
    private let acme = TenantID("acme")!
    private let shop = ProviderID("shop")!

    private func key(_ name: String, tenant: String = "acme") -> AccountKey {
        AccountKey(tenant: TenantID(tenant)!, provider: shop, account: AccountName(name)!)
    }

    private func held(
        _ phase: CredentialPhase, _ key: AccountKey, _ generation: UInt64 = 1, kind: CredentialKind = .apiKey,
        reason: String = "", expiresAt: UnixMillis? = nil, facts: [MetadataField] = []
    ) -> CredentialChange {
        CredentialChange(
            phase: phase, account: key, generation: generation, kind: kind,
            secret: SecretField(kind == .none ? "" : "secret \(generation)"), user: kind == .basic ? "me" : "",
            expiresAt: expiresAt, metadata: facts, reason: reason)
    }

    private let whole = CredentialChange(
        phase: .complete, account: nil, generation: 0, kind: .none, secret: SecretField(""), user: "", expiresAt: nil,
        metadata: [], reason: "")

    private func tell(_ changes: CredentialChange...) { for change in changes { table.take(change) } }

    private var names: [String] { table.offers(of: acme, at: shop).map(\.name.text).sorted() }

    @Test func nothingIsKnownBeforeAWholePicture() {
        table.begin()
        tell(held(.snapshot, key("one")))
        #expect(!table.isKnown && names.isEmpty && table.credential(of: key("one")) == nil)
        tell(whole)
        #expect(table.isKnown && names == ["one"] && table.usable == 1)
    }

    @Test func theOldPictureIsUsedUntilTheNewOneIsWhole() {
        table.begin()
        tell(held(.snapshot, key("old")), whole)
        table.begin()
        tell(held(.snapshot, key("new")))
        #expect(names == ["old"])
        // A connection that is lost in the middle of a picture leaves nothing of it.
        table.begin()
        tell(held(.snapshot, key("newest")), whole)
        #expect(names == ["newest"] && table.usable == 1)
    }

    @Test func aChangeWhileAPictureIsToldIsInBoth() {
        table.begin()
        tell(held(.snapshot, key("one")), whole)
        table.begin()
        tell(held(.snapshot, key("one"), 1), held(.change, key("one"), 2), held(.change, key("two"), 1))
        #expect(table.credential(of: key("one"))?.generation == 2 && names == ["one", "two"])
        tell(whole)
        #expect(table.credential(of: key("one"))?.generation == 2 && names == ["one", "two"] && table.usable == 2)
    }

    @Test func anAccountThatCannotBeUsedIsToldFromOneThatIsGone() {
        table.begin()
        tell(held(.snapshot, key("one")), held(.snapshot, key("two"), kind: .none, reason: "it was refused"), whole)
        #expect(table.usable == 1 && names == ["one", "two"])
        #expect(table.offers(of: acme, at: shop).first { $0.name.text == "two" }?.isUsable == false)
        #expect(table.unusable(of: acme, at: shop, AccountName("two")) == "it was refused")
        #expect(table.unusable(of: acme, at: shop, AccountName("one")) == nil)
        #expect(table.unusable(of: acme, at: shop, nil) == nil, "several, and none named")
        tell(held(.change, key("one"), 2, kind: .none, reason: "it was refused"))
        #expect(table.usable == 0 && names == ["one", "two"])
        tell(held(.change, key("one"), 3, kind: .none), held(.change, key("two"), 2, kind: .none))
        #expect(names.isEmpty && table.accounts(of: acme).isEmpty)
    }

    @Test func tenantsAreKeptApart() {
        table.begin()
        tell(held(.snapshot, key("one")), held(.snapshot, key("other", tenant: "other")), whole)
        #expect(names == ["one"])
        #expect(table.accounts(of: acme).map(\.account.text) == ["one"])
        #expect(table.credential(of: AccountKey(tenant: acme, provider: shop, account: AccountName("other")!)) == nil)
    }

    @Test func whatIsHeldIsWhatWasTold() {
        let facts = [MetadataField(name: "region", value: "eu"), MetadataField(name: "default", value: "true")]
        table.begin()
        tell(
            held(.snapshot, key("one"), 7, kind: .basic, expiresAt: UnixMillis(5), facts: facts),
            held(.snapshot, key("two")), whole)
        let held = table.credential(of: key("one"))
        #expect(held?.generation == 7 && held?.kind == .basic && held?.expiresAt == UnixMillis(5))
        #expect(held?.facts["region"] == "eu")
        #expect(held?.credential == .userPassword(user: "me", password: SecretText("secret 7")))
        #expect(table.credential(of: key("two"))?.credential == .secret(SecretText("secret 1")))
        #expect(table.preferred(of: acme, at: shop)?.text == "one")
        #expect(!"\(String(describing: held)) \(table)".contains("secret 7"))
    }

    @Test func ofSeveralDefaults_noneIsPreferred() {
        let facts = [MetadataField(name: "default", value: "true")]
        table.begin()
        tell(held(.snapshot, key("one"), facts: facts), held(.snapshot, key("two")), whole)
        #expect(table.preferred(of: acme, at: shop)?.text == "one")
        tell(held(.change, key("two"), 2, facts: facts))
        #expect(table.preferred(of: acme, at: shop) == nil)
        tell(held(.change, key("one"), 2, kind: .none, facts: facts))
        #expect(table.preferred(of: acme, at: shop)?.text == "two")
        // One that dies is the default still: calls must not go out as another.
        tell(held(.change, key("two"), 9, kind: .none, reason: "it was refused", facts: facts))
        #expect(table.preferred(of: acme, at: shop)?.text == "two")
    }

    @Test func endsAreCounted() {
        let now = UnixMillis(1_000_000_000)
        func at(_ millis: Int64) -> UnixMillis { UnixMillis(now.value + millis) }
        let ends: [UnixMillis?] = [nil, at(0), at(-5), at(1), at(CredentialTable.soon), at(CredentialTable.soon + 1)]
        table.begin()
        for (index, end) in ends.enumerated() { tell(held(.snapshot, key("n\(index)"), expiresAt: end)) }
        tell(held(.snapshot, key("dead"), kind: .none, reason: "dead"), whole)
        #expect(table.counts(at: now) == CredentialCounts(total: 6, expiringSoon: 2, expired: 2))
        tell(held(.change, key("n1"), 2))
        #expect(table.counts(at: now) == CredentialCounts(total: 6, expiringSoon: 2, expired: 1))
    }

    /// Random pictures and changes against a dictionary that is rebuilt by the same rules, one line each.
    @Test func aNaiveTableAgrees() {
        var random = SeededRandom.forTest()
        var (now, next): ([AccountKey: UInt64], [AccountKey: UInt64]?) = ([:], nil)
        for round in UInt64(1)...20_000 {
            let account = key("n\(random.next() % 12)", tenant: random.next() % 2 == 0 ? "acme" : "other")
            let isGone = random.next() % 4 == 0
            switch random.next() % 20 {
            case 0:
                table.begin()
                next = [:]
            case 1:
                tell(whole)
                if let told = next { (now, next) = (told, nil) }
            case 2...8:
                tell(held(.snapshot, account, round))
                next?[account] = round
            default:
                tell(held(.change, account, round, kind: isGone ? .none : .botToken))
                now[account] = isGone ? nil : round
                if next != nil { next?[account] = isGone ? nil : round }
            }
            #expect(table.usable == now.count, "seed \(random.seed)")
            #expect(table.credential(of: account)?.generation == now[account], "seed \(random.seed)")
        }
        #expect(table.counts(at: UnixMillis(0)).total == now.count)
    }
}
