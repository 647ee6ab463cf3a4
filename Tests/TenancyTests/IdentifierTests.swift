// Identifiers, key texts, scopes and instants.

import Testing

@testable import Tenancy

@Suite struct IdentifierTests {
    @Test(arguments: ["a", "acme", "0-x_y", String(repeating: "z", count: 63)])
    func tenantNamesAreAccepted(_ text: String) { #expect(TenantID(text)?.text == text) }

    @Test(arguments: ["", "-a", "_a", "Acme", "a b", "a/b", "é", "a.b", String(repeating: "z", count: 64)])
    func otherNamesAreRefused(_ text: String) { #expect(TenantID(text) == nil) }

    @Test func keyIdentifiersReadBack() {
        let id = KeyID(random: 0xFFFF, 0)
        #expect(id.text.utf8.count == 20)
        #expect(KeyID(id.text) == id)
        #expect(KeyID("key_000000000000000l") == nil)
        #expect(KeyID("kex_0000000000000000") == nil)
        #expect(KeyID(random: 1, 2) != KeyID(random: 2, 2))
    }

    @Test func requestIdentifiersAreTimeOrderedAndReadBack() {
        let early = RequestID(milliseconds: 1_795_000_000_000, unique: 0xFFFF, .max)
        let late = RequestID(milliseconds: 1_795_000_000_001, unique: 0, 0)
        #expect(early.description < late.description)
        #expect(early.description.utf8.count == RequestID.textLength)
        #expect(RequestID(early.description) == early)
        #expect(RequestID("req_zzzzzzzzzzzzzzzzzzzzzzzzzz") == nil, "beyond 128 bits")
        #expect(RequestID("req_0") == nil)
    }
}

@Suite struct KeyTextTests {
    private func key(seed: UInt8 = 7) -> KeyText {
        var next = seed
        return KeyText {
            next = next &* 37 &+ 11
            return next
        }
    }

    private func isWellFormed(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes(KeyText.isWellFormed) }

    @Test func aNewKeyIsWellFormedAndDoesNotPrint() {
        let key = key()
        #expect(key.bytes.count == KeyText.length)
        #expect(isWellFormed(key.bytes))
        #expect(!"\(key)".contains(key.reveal()))
        #expect(!String(reflecting: key).contains(key.reveal()))
        #expect(key.display.hasPrefix("weir_"))
    }

    @Test func everySingleChangedByteIsNoticed() {
        let bytes = key().bytes
        for index in bytes.indices {
            var changed = bytes
            changed[index] = changed[index] == 0x61 ? 0x62 : 0x61
            #expect(!isWellFormed(changed), "byte \(index)")
        }
        #expect(!isWellFormed(Array(bytes.dropLast())))
        #expect(!isWellFormed(bytes + [0x61]))
        #expect(!isWellFormed([]))
    }

    @Test func crcMatchesThePublishedCheckValue() {
        // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
        #expect(CRC32.of("123456789".utf8) == 0xCBF4_3926)
    }

    @Test func fingerprintsCompareAllWords() {
        let zero = [UInt8](repeating: 0, count: 32)
        let base = zero.withUnsafeBytes { KeyFingerprint($0)! }
        for index in 0..<32 {
            var other = zero
            other[index] = 1
            #expect(other.withUnsafeBytes { KeyFingerprint($0)! } != base, "byte \(index)")
            #expect(other.withUnsafeBytes { KeyFingerprint($0)! }.bytes == other)
        }
        #expect([UInt8](repeating: 0, count: 31).withUnsafeBytes { KeyFingerprint($0) } == nil)
    }
}

@Suite struct ScopeTests {
    @Test func listsReadBackInFixedOrder() {
        #expect(Scope(list: "account,inference")?.description == "inference,account")
        #expect(Scope.all.description == "inference,account,keys,agent,connections")
        #expect(Scope(list: "") == nil)
        #expect(Scope(list: "inference,root") == nil)
    }
}

@Suite struct UnixMillisTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (1_795_246_380_123, "2026-11-21T07:33:00.123Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ])
    func instantsPrintInUTC(_ millis: Int64, _ text: String) { #expect(UnixMillis(millis).description == text) }
}

@Suite struct AccountNameTests {
    @Test(arguments: ["a", "github", "openai-compatible", "a1-", String(repeating: "z", count: 32)])
    func providerNamesAreAccepted(_ text: String) { #expect(ProviderID(text)?.text == text) }

    @Test(arguments: ["", "1a", "-a", "GitHub", "a_b", "a.b", "a b", "é", String(repeating: "z", count: 33)])
    func otherProviderNamesAreRefused(_ text: String) { #expect(ProviderID(text) == nil) }

    @Test(arguments: ["a", "main", "ada@example.com", "A_1.b-c", "...", "-", String(repeating: "Z", count: 64)])
    func accountNamesAreAccepted(_ text: String) { #expect(AccountName(text)?.text == text) }

    @Test(arguments: ["", ".", "..", "a/b", "a b", "a+b", "a\n", "é", "[a]", String(repeating: "z", count: 65)])
    func otherAccountNamesAreRefused(_ text: String) { #expect(AccountName(text) == nil) }

    @Test func keysAreWrittenWithSlashes() throws {
        let tenant = try #require(TenantID("acme"))
        let provider = try #require(ProviderID("github"))
        let account = try #require(AccountName("ada@example.com"))
        let key = AccountKey(tenant: tenant, provider: provider, account: account)
        #expect(key.description == "acme/github/ada@example.com")
        let other = try #require(AccountName("main"))
        #expect(key != AccountKey(tenant: tenant, provider: provider, account: other))
    }
}
