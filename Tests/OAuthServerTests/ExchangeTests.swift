// Codes and tokens: once, within a minute, for the client and the proof key that began.

import Connections
import JSON
import OAuthServer
import Tenancy
import Testing

@Suite struct ExchangeTests {
    private func check(_ form: String, _ grant: Grant) throws {
        try CodeExchange(Flow.parameters(form), at: Flow.server).check(grant, Flow.sha256)
    }

    @Test func rightRequest_getsWhatWasAgreedTo() throws {
        let grant = try Flow.grant()
        try check(Flow.form(Flow.code()), grant)
        try check(Flow.form(Flow.code(), ["resource": Flow.server.resource]), grant)
        #expect(grant.keyName == "mcp: Editor" && grant.tenant == TenantID("acme"))
        let answer = try Flow.json(CodeExchange.answer(token: "t", seconds: 60))
        #expect(answer["token_type"] == .string("Bearer") && answer["expires_in"] == .integer(60))
    }

    @Test(arguments: [
        ("grant_type", "", "invalid_request"), ("grant_type", "refresh_token", "unsupported_grant_type"),
        ("code", "", "invalid_request"), ("code", "zz", "invalid_grant"), ("redirect_uri", "", "invalid_request"),
        ("redirect_uri", "https://client.example/back", "invalid_grant"), ("code_verifier", "", "invalid_request"),
        ("code_verifier", String(repeating: "w", count: 43), "invalid_grant"),
        ("code_verifier", "short", "invalid_grant"),
        ("client_id", "", "invalid_client"), ("client_id", "other", "invalid_client"),
        ("client_id", "mcp_00000000000000000000000000000000", "invalid_grant"),
        ("resource", "https://other.example/", "invalid_target"),
    ])
    func anythingElse_getsNothing(name: String, value: String, code: String) throws {
        let grant = try Flow.grant()
        #expect { try check(Flow.form(Flow.code(), [name: value]), grant) } throws: { error in
            (error as? OAuthProblem)?.code.rawValue == code
        }
    }

    @Test func parameterGivenTwice_isRefused() throws {
        let form = Flow.form(Flow.code()) + "&code_verifier=\(Flow.verifier)"
        #expect(throws: OAuthProblem.self) { try check(form, Flow.grant()) }
    }

    @Test func form_hasABound_andMustBeOne() {
        #expect(throws: OAuthProblem.self) { try Flow.parameters(String(repeating: "a", count: 16385)) }
        #expect(throws: OAuthProblem.self) { try Flow.parameters("a=%zz") }
    }

    // MARK: grants

    @Test func code_isGoodOnce() throws {
        var table = GrantTable()
        table.add(try Flow.grant(), code: [1])
        #expect(table.take(code: [2], now: Flow.now) == .nothing)
        #expect(table.take(code: [1], now: Flow.now) == .grant(try Flow.grant()))
        #expect(table.take(code: [1], now: Flow.now) == .nothing)
    }

    @Test func codeThatComesAgain_isToldWithTheKeyThatWasMade_forItsLifetime() throws {
        var table = GrantTable()
        let (first, second) = (KeyID(random: 1, 2), KeyID(random: 3, 4))
        table.add(try Flow.grant(), code: [1])
        table.add(try Flow.grant(), code: [2])
        _ = table.take(code: [1], now: Flow.now)
        let isFirstGood = table.note(first, madeFor: [1])
        #expect(table.take(code: [1], now: Flow.now) == .used(first))
        #expect(table.take(code: [1], now: UnixMillis(Flow.now.value + 60_000)) == .used(first))
        _ = table.take(code: [2], now: UnixMillis(Flow.now.value + 60_000))
        let isSecondGood = table.note(second, madeFor: [2])
        #expect(isFirstGood && isSecondGood)
        #expect(table.take(code: [1], now: UnixMillis(Flow.now.value + 60_001)) == .nothing)
        #expect(table.take(code: [2], now: UnixMillis(Flow.now.value + 120_000)) == .used(second))
        #expect(table.take(code: [2], now: UnixMillis(Flow.now.value + 120_001)) == .nothing)
    }

    @Test func codeThatComesAgainBeforeItsKeyIsMade_endsThatKey() throws {
        var table = GrantTable()
        table.add(try Flow.grant(), code: [1])
        _ = table.take(code: [1], now: Flow.now)
        #expect(table.take(code: [1], now: Flow.now) == .nothing)
        let isGood = table.note(KeyID(random: 1, 2), madeFor: [1])
        #expect(!isGood)
        #expect(table.take(code: [1], now: Flow.now) == .used(KeyID(random: 1, 2)))
    }

    @Test func code_isGoodForAMinute() throws {
        var table = GrantTable()
        table.add(try Flow.grant(), code: [1])
        table.add(try Flow.grant(), code: [2])
        #expect(table.take(code: [1], now: UnixMillis(Flow.now.value + 60_000)) != .nothing)
        #expect(table.take(code: [2], now: UnixMillis(Flow.now.value + 60_001)) == .nothing)
    }

    @Test func oldGrants_areForgotten_whenNewOnesCome() throws {
        var table = GrantTable()
        for byte in 0..<100 { table.add(try Flow.grant(), code: [UInt8(byte)]) }
        table.add(try Flow.grant(at: UnixMillis(Flow.now.value + 60_001)), code: [200])
        #expect(table.count == 1)
    }

    @Test func table_hasABound_andTheOldestEnds() throws {
        var table = GrantTable()
        let grant = try Flow.grant()
        for index in 0...GrantTable.most { table.add(grant, code: [UInt8(index & 255), UInt8(index >> 8)]) }
        #expect(table.count == GrantTable.most)
        #expect(table.take(code: [0, 0], now: Flow.now) == .nothing)
        #expect(table.take(code: [1, 0], now: Flow.now) != .nothing)
    }

    @Test func digest_isNotTheCode() {
        #expect(Flow.code().digest(Flow.sha256) != Array(Flow.code().reveal().utf8))
        #expect(AuthorizationCode(Flow.code().reveal()) == Flow.code())
    }
}
