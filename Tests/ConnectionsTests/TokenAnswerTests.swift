// What token endpoints say, in every form; vendors' own answers are in ProviderCatalogTests.

import JSON
import Support
import Testing

@testable import Connections

@Suite struct TokenAnswerTests {
    private func read(
        _ body: String, status: Int = 200, type: String? = "application/json",
        _ change: (inout ProviderDefinition) -> Void = { _ in }
    ) -> Result<TokenGrant, TokenRefusal> {
        var provider = Sample.provider
        change(&provider)
        do throws(TokenRefusal) {
            return .success(
                try TokenAnswer.read(
                    status: status, contentType: type, body: Array(body.utf8), from: provider,
                    hiding: [SecretText("s3cret")]))
        } catch {
            return .failure(error)
        }
    }

    private func kind(_ result: Result<TokenGrant, TokenRefusal>) -> TokenRefusal.Kind? {
        if case .failure(let refusal) = result { refusal.kind } else { nil }
    }

    /// RFC 6749 §5.1's own example.
    @Test func answer_ofTheRFC_isRead() throws {
        let grant = try read(
            """
            {"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,
             "refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}
            """
        ) { $0.oauth?.tokenTypes = ["example"] }.get()
        #expect(grant.accessToken.text == "2YotnFZFEjr1zCsicMWpAA")
        #expect(grant.refreshToken?.text == "tGzv3JOkF0XG5Qx2TlKWIA")
        #expect(grant.lifetime == .number("3600"))
        #expect(grant.end == .missing)
        #expect(grant.scopes == nil)
    }

    /// Case O-02: whoever leaves the refresh token out, or writes nothing into it, means the one that is there.
    @Test(arguments: [
        #"{"access_token":"a"}"#, #"{"access_token":"a","refresh_token":null}"#,
        #"{"access_token":"a","refresh_token":""}"#,
    ])
    func O02_refreshTokenMayBeMissing(body: String) throws {
        #expect(try read(body).get().refreshToken == nil)
    }

    /// Case O-06: the lifetime is handed on as it was written.
    @Test(arguments: [
        ("3600", StatedValue.number("3600")), ("3.6e3", .number("3.6e3")), (#""3600""#, .string("3600")),
        ("null", .missing),
        ("true", .other), ("[1]", .other), (#""2026-11-21T07:33:00Z""#, .string("2026-11-21T07:33:00Z")),
        (#""\#(String(repeating: "1", count: 65))""#, .other),
    ])
    func O06_lifetime_isHandedOnAsWritten(written: String, read stated: StatedValue) throws {
        let grant = try read(#"{"access_token":"a","expires_in":\#(written),"expires_at":\#(written)}"#).get()
        #expect(grant.lifetime == stated)
        #expect(grant.end == stated)
    }

    @Test(arguments: [
        (#""a b""#, ["a", "b"]), (#""repo,gist""#, ["repo", "gist"]), (#""a,  b""#, ["a", "b"]),
        (#"["a","b"]"#, ["a", "b"]),
        (#""""#, []), ("null", nil), ("7", nil), (#"["a",1]"#, nil),
    ])
    func scopes_comeInSeveralForms(written: String, scopes: [String]?) throws {
        #expect(try read(#"{"access_token":"a","scope":\#(written)}"#).get().scopes == scopes)
    }

    @Test func form_isReadAsWell() throws {
        let form = "access_token=gho_a&scope=repo%2Cgist&token_type=bearer&expires_in=28800\n"
        for type in ["application/x-www-form-urlencoded; charset=utf-8", "text/plain", nil] {
            let grant = try read(form, type: type).get()
            #expect(grant.accessToken.text == "gho_a")
            #expect(grant.scopes == ["repo", "gist"])
            #expect(grant.lifetime == .string("28800"))
        }
        #expect(kind(read(form, type: "text/html")) == .malformed)
        #expect(kind(read("access_token=a&access_token=b", type: "text/plain")) == .malformed)
    }

    @Test func token_mayBeDeeperInside() throws {
        let body = #"{"ok":true,"authed_user":{"id":"U1","access_token":"xoxp-1","token_type":"user"}}"#
        let grant = try read(body) {
            $0.oauth?.answer.accessToken = Sample.path("authed_user.access_token")
            $0.oauth?.answer.tokenType = Sample.path("authed_user.token_type")
            $0.oauth?.tokenTypes = ["user"]
            $0.accountFields = [AccountField(name: "user_id", source: .token, path: Sample.path("authed_user.id"))]
        }.get()
        #expect(grant.accessToken.text == "xoxp-1")
        #expect(grant.facts["user_id"] == "U1")
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "{", "<html>=</html>", #"{"access_token":1}"#, #"{"access_token":""}"#,
        #"{"access_token":"a\nb"}"#,
        #"{"access_token":"é"}"#, #"{"access_token":"a","refresh_token":{}}"#,
        #"{"access_token":"a","token_type":"mac"}"#,
        #"{"access_token":"a"} x"#, "\u{FEFF}{\"access_token\":\"a\"}",
    ])
    func success_thatCannotBeRead_isMalformed(body: String) { #expect(kind(read(body)) == .malformed) }

    @Test func answerBeyondTheBound_isMalformed() {
        let padding = String(repeating: " ", count: TokenAnswer.largest)
        #expect(kind(read(#"{"access_token":"a"}"# + padding)) == .malformed)
        #expect(kind(read(padding + "x", status: 500)) == .temporary)
    }

    @Test(arguments: [
        ("invalid_grant", TokenRefusal.Kind.invalidGrant), ("invalid_client", .invalidClient),
        ("unauthorized_client", .invalidClient),
        ("unsupported_grant_type", .invalidClient), ("invalid_scope", .invalidClient),
        ("invalid_request", .invalidClient),
        ("temporarily_unavailable", .temporary), ("server_error", .temporary), ("what_is_this", .temporary),
        ("bad_refresh_token", .invalidGrant),
    ])
    func errors_meanWhatTheRFCAndTheDefinitionSay(code: String, kind: TokenRefusal.Kind) {
        for status in [400, 401, 403, 200] {
            let result = read(#"{"error":"\#(code)","error_description":"no \u0007 s3cret"}"#, status: status) {
                $0.oauth?.errors = ["bad_refresh_token": .invalidGrant]
            }
            let refusal = TokenRefusal(kind: kind, status: status, code: code, text: "\(code): no (secret)")
            #expect(result == .failure(refusal))
        }
    }

    /// A dead account is not brought back, so nothing is concluded from servers that are in trouble themselves, nor
    /// from a status without a code.
    @Test(arguments: [500, 502, 503, 408, 429])
    func serverInTrouble_isNotBelieved(status: Int) {
        #expect(kind(read(#"{"error":"invalid_grant"}"#, status: status)) == .temporary)
    }

    @Test(arguments: [
        (400, ""), (401, "<html>no</html>"), (403, "{}"), (302, ""), (404, #"{"error":{"code":404}}"#),
        (400, #"{"error":""}"#),
    ])
    func statusWithoutACode_isTemporary(status: Int, body: String) {
        #expect(kind(read(body, status: status)) == .temporary)
    }

    @Test func failureWithStatus200_isOne() {
        let rules = AnswerRules(successField: Sample.path("ok"))
        let result = read(#"{"ok":false,"error":"invalid_refresh_token"}"#) {
            $0.answers = rules
            $0.oauth?.errors = ["invalid_refresh_token": .invalidGrant]
        }
        #expect(kind(result) == .invalidGrant)
        #expect(kind(read(#"{"ok":false,"access_token":"a"}"#) { $0.answers = rules }) == .temporary)
        #expect(kind(read(#"{"ok":true,"access_token":"a"}"#) { $0.answers = rules }) == nil)
    }

    @Test func errorBesideAToken_countsForNothing() throws {
        #expect(try read(#"{"access_token":"a","error":"invalid_grant"}"#).get().accessToken.text == "a")
    }

    @Test func texts_areBoundedAndKeepSecrets() throws {
        let refusal = try #require(throws: TokenRefusal.self) {
            try read(String(repeating: "s3cret", count: 1000), status: 503).get()
        }
        #expect(!refusal.text.contains("s3cret"))
        #expect(refusal.text.count < 250)
        let long = try #require(throws: TokenRefusal.self) {
            try read(#"{"error":"\#(String(repeating: "e", count: 500))"}"#, status: 400).get()
        }
        #expect(long.code?.count == 64)
    }

    @Test func facts_areKeptIfTheDefinitionAllowsThem() throws {
        func result(_ url: String) -> Result<TokenGrant, TokenRefusal> {
            read(#"{"access_token":"a","instance_url":\#(url),"id":7,"flag":true}"#) {
                $0.accountFields = [
                    AccountField(
                        name: "instance_url", source: .token, path: Sample.path("instance_url"), form: .address,
                        hosts: [try! HostPattern("*.example.com")], isRequired: true),
                    AccountField(name: "user", source: .token, path: Sample.path("id")),
                    AccountField(name: "flag", source: .token, path: Sample.path("flag")),
                    AccountField(name: "other", source: .token, path: Sample.path("none")),
                ]
            }
        }
        let facts = try result(#""https://NA1.example.com/""#).get().facts
        #expect(
            facts.pairs
                == [("instance_url", "https://na1.example.com"), ("user", "7"), ("flag", "true")].map {
                    FormPair($0.0, $0.1)
                })
        for url in [
            #""https://evil.example""#, #""http://na1.example.com""#, #""https://example.com.evil""#, "null", "7",
            #""""#,
        ] {
            #expect(kind(result(url)) == .malformed, "\(url)")
        }
    }

    @Test func facts_thatAreKnown_needNotBeRepeated() throws {
        var provider = Sample.provider
        provider.accountFields = [
            AccountField(name: "user", source: .token, path: Sample.path("id"), isRequired: true)
        ]
        func read(_ known: AccountFacts) throws -> TokenGrant {
            try TokenAnswer.read(
                status: 200, contentType: nil, body: Array(#"{"access_token":"a"}"#.utf8), from: provider, known: known,
                hiding: [])
        }
        #expect(try read(AccountFacts([FormPair("user", "7")])).facts.pairs.isEmpty)
        #expect(throws: TokenRefusal.self) { try read(AccountFacts()) }
    }

    /// A name for people that nobody can be told is no reason to lose the token that came with it.
    @Test func facts_thatAreTooLong_areLeftOutUnlessAnAccountNeedsThem() throws {
        var provider = Sample.provider
        func read(_ value: String, isRequired: Bool, known: AccountFacts = AccountFacts()) throws -> [String] {
            provider.accountFields = [
                AccountField(name: "user", source: .token, path: Sample.path("id"), isRequired: isRequired)
            ]
            let body = Array(#"{"access_token":"a","id":"\#(value)"}"#.utf8)
            return try TokenAnswer.read(
                status: 200, contentType: nil, body: body, from: provider, known: known, hiding: []
            ).facts.pairs.map(\.value)
        }
        let (longest, tooLong) = (String(repeating: "x", count: 256), String(repeating: "字", count: 86))
        #expect(try read(longest, isRequired: true) == [longest])
        #expect(try read(tooLong, isRequired: false) == [])
        #expect(try read(tooLong, isRequired: true, known: AccountFacts([FormPair("user", "7")])) == [])
        let refusal = #expect(throws: TokenRefusal.self) { try read(tooLong, isRequired: true) }
        #expect(refusal?.text == "user: expected 1 to 256 bytes")
    }

    @Test func facts_ofLaterAnswers_replaceEarlierOnes() {
        let old = AccountFacts([FormPair("a", "1"), FormPair("b", "2")])
        let new = AccountFacts([FormPair("b", "3"), FormPair("c", "4")])
        #expect(old.updated(with: new).pairs == [("a", "1"), ("b", "3"), ("c", "4")].map { FormPair($0.0, $0.1) })
    }

    /// Cut anywhere, JSON grants nothing; damaged anywhere, it is read or refused and never a crash.
    @Test func answer_cutOrDamaged_isReadOrRefused() {
        let body = Array(
            #" {"access_token":"a\u0041","expires_in":3600,"scope":["a","b"],"refresh_token":"r","id":{"x":[1]}} "#.utf8
        )
        for end in 0..<body.count - 1 {
            #expect(kind(read(String(decoding: body[..<end], as: UTF8.self))) == .malformed, "cut at \(end)")
        }
        var random = SeededRandom.forTest()
        let seed = random.seed
        for _ in 0..<20_000 {
            var damaged = body
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            for type in ["application/json", "text/plain"] {
                let result = Result {
                    try TokenAnswer.read(
                        status: 200, contentType: type, body: damaged, from: Sample.provider, hiding: [])
                }
                if case .success(let grant) = result { #expect(grant.accessToken.isSendable, "seed \(seed)") }
            }
        }
    }
}
