// Requests to the agent API: what is understood, what is refused and how, and what is sent.

import JSON
import Support
import Tenancy
import Testing

@testable import Connections

@Suite struct AgentCallTests {
    @Test func path_isSentWithQueryAndBody() throws {
        let body =
            #"{"path":"/items/a%62?x=1&y=a+b","query":{"z":[1.50,true,"é"],"n":null},"method":"POST","body""#
            + #": {"n": 1.0e2} }"#
        var provider = Sample.provider
        provider.main.allow = [Sample.rule("POST /items/*")]
        #expect(
            try Sample.request(body, provider).wire == [
                "POST https://api.example.com /v1/items/ab?x=1&y=a%20b&z=1.50&z=true&z=%C3%A9",
                "accept: application/json",
                "user-agent: weir", "authorization: Bearer t0ken", "content-type: application/json", "",
                #"{"n": 1.0e2}"#,
            ])
    }

    @Test func method_followsFromTheBody() throws {
        #expect(try Sample.request(#"{"path":"/items"}"#).method == .get)
        #expect(try Sample.request(#"{"path":"/items/a","body":1}"#).method == .post)
        #expect(try Sample.request(#"{"path":"/items/a","method":"DELETE"}"#).wire.count == 4)
    }

    @Test func action_fillsPathQueryAndBody() throws {
        let body = #"""
            {"action":"search","kind":"my contacts","filters":[{"value":1.0,"propertyName":"a"}],"properties":["x","y"],
             "archived":false}
            """#
        #expect(
            try Sample.request(body).wire == [
                "POST https://api.example.com /v1/objects/my%20contacts/search?archived=false",
                "accept: application/json",
                "user-agent: weir", "authorization: Bearer t0ken", "content-type: application/json", "",
                #"{"groups":[{"filters":[{"value":1.0,"propertyName":"a"}]}],"properties":["x","y"],"limit":10}"#,
            ])
        let get = try Sample.request(#"{"action":"get","id":7,"properties":["a","b,c"]}"#)
        #expect(get.wire[0] == "GET https://api.example.com /v1/objects/contact/7?props=a%2Cb%2Cc")
        #expect(get.body == nil)
        let text = try Sample.request(#"{"action":"get","id":"ada@example.com","properties":"a"}"#)
        #expect(text.wire[0] == "GET https://api.example.com /v1/objects/contact/ada%40example.com?props=a")
    }

    /// Parameters that share a part of their way stand in one object.
    @Test func bodies_arePutTogether() throws {
        var tree = BodyTree()
        for (path, value) in [
            ("a.b", "1"), ("l[].x", "2"), ("a.c.d", "3"), ("l[].y", "4"), ("a.c.e[]", "5"), ("z", "6"),
        ] {
            tree.put(.number(value), at: try BodyPath(path).steps[...])
        }
        #expect(tree.bytes(.json).text == #"{"a":{"b":1,"c":{"d":3,"e":[5]}},"l":[{"x":2,"y":4}],"z":6}"#)
    }

    /// Values of a path cannot leave their segment.
    @Test(arguments: [
        "..", ".", "../admin", "a/b", "a\\b", "%2e%2e", "a?b", "a#b", "a;b", "", "a\nb", "a\u{0}", "\u{FF0F}", ". ",
    ])
    func valueThatIsNoSegment_isRefused(value: String) {
        var text: [UInt8] = []
        JSONWriter.appendString(value, to: &text)
        let problems = Sample.problems(#"{"action":"get","id":\#(text.text)}"#)
        #expect(problems.count == 1 && problems[0].hasPrefix("id: "), "\(problems)")
    }

    @Test(arguments: [
        ("", ["expected a JSON object; the text ends too early at offset 0"]),
        ("[]", ["expected a JSON object; value of another type than expected at offset 0"]),
        (#"{"path":"/items"} x"#, ["expected a JSON object; bytes after the end of the value at offset 18"]),
        ("{}", ["expected path, or action, which is one of search, get"]),
        (#"{"path":null,"action":null}"#, ["expected path, or action, which is one of search, get"]),
        (#"{"path":"/items","action":"get"}"#, ["action: expected path or action, not both"]),
        (#"{"path":7}"#, ["path: expected text"]),
        (#"{"path":"/items","path":"/items"}"#, ["path: given twice"]),
        (#"{"path":"/items","method":"get"}"#, ["method: expected one of GET, HEAD, POST, PUT, PATCH, DELETE"]),
        (#"{"path":"/items","method":"GET","body":{}}"#, ["body: GET has no body"]),
        (
            #"{"path":"/admin"}"#,
            ["path: GET /admin is not allowed here; allowed are: GET /items/**; POST,DELETE /items/*; ANY /files/*.txt"]
        ),
        (#"{"path":"/items","account_id":"a/b"}"#, ["account_id: expected 1 to 64 of letters, digits and _ . @ -"]),
        (#"{"path":"/items","format":"xml"}"#, [#"format: expected "compact""#]),
        (#"{"path":"/items","fields":[]}"#, [#"fields: expected 1 to 64 paths such as ["id", "owner.name"]"#]),
        (
            #"{"path":"/items","fields":["a","","b..c",7]}"#,
            [
                "fields[1]: expected 1 to 256 bytes such as user.name",
                "fields[2]: an empty name; write names with single dots between",
                "fields[3]: expected 1 to 256 bytes such as user.name",
            ]
        ),
        (#"{"path":"/items","query":["a"]}"#, ["query: expected an object of texts, numbers and flags"]),
        (#"{"path":"/items","query":{"a":{}}}"#, ["query.a: expected text, number, flag, or an array of them"]),
        (#"{"path":"/items?a=1","query":{"a":2}}"#, ["query.a: is in path as well"]),
        (#"{"path":"/items?a=%zz"}"#, ["path: a % without two hexadecimal digits"]),
        (
            #"{"path":"/items","limit":1}"#,
            ["limit: unknown; known here are path, method, query, body, account_id, fields, format"]
        ),
        (#"{"action":"none"}"#, ["action: expected one of search, get"]),
        (#"{"action":"get"}"#, ["id: missing"]),
        (#"{"action":"get","id":true}"#, ["id: expected text"]),
        (
            #"{"action":"search","kind":"a","limit":201,"archived":"no","properties":[1],"filter":1}"#,
            [
                "filter: unknown; known here are action, kind, filters, properties, limit, archived, accou"
                    + "nt_id, fields, format",
                "properties: expected up to 256 texts", "limit: expected at most 200",
                "archived: expected true or false",
            ]
        ),
        (#"{"action":"search","kind":"a","limit":1.5}"#, ["limit: expected a whole number"]),
        (#"{"path":"\ud800"}"#, ["path: a text in it is not Unicode"]),
    ])
    func mistakes_areAllListed(body: String, problems: [String]) { #expect(Sample.problems(body) == problems) }

    @Test func severalMistakes_areListedAtOnce() {
        let problems = Sample.problems(#"{"path":"/x","method":"PUT","fields":7,"format":1,"account_id":"","nope":0}"#)
        #expect(problems.map { $0.prefix { $0 != ":" } } == ["account_id", "fields", "format", "nope", "path"])
    }

    @Test func problems_areBounded() {
        let members = (0..<100).map { #""x\#($0)":1"# }.joined(separator: ",")
        #expect(Sample.problems("{\(members)}").count == 1, "nothing is asked for, so nothing can be unknown")
        #expect(Sample.problems(#"{"path":"/items",\#(members)}"#).count == AgentCall.mostProblems)
    }

    @Test func bounds_areKept() {
        #expect(Sample.problems(#"{"path":"/items"}"# + String(repeating: " ", count: AgentCall.largest)).count == 1)
        let many = (0...FormText.mostPairs).map { #""a\#($0)":1"# }.joined(separator: ",")
        #expect(Sample.problems(#"{"path":"/items","query":{\#(many)}}"#) == ["query: more than 64 parameters"])
        let long = String(repeating: "a", count: ProviderDefinition.longestTarget)
        #expect(throws: AgentFailure.self) { try Sample.request(#"{"path":"/items","query":{"a":"\#(long)"}}"#) }
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(Sample.problems(#"{"path":"/items/a","body":\#(deep)}"#).count == 1)
    }

    @Test func queryOfTheGateway_isNotTheAgents() throws {
        var provider = Sample.provider
        provider.query = [FormPair("api-version", "1")]
        provider.auth = [AuthRule(.apiKey, .query(name: "Key"))]
        #expect(
            Sample.problems(#"{"path":"/items?API-version=2","query":{"key":"x"}}"#, provider)
                == ["query.API-version: is set by the gateway", "query.key: is set by the gateway"])
        let credential = PresentedCredential.query(name: "Key", value: SecretText("a&b=c"))
        let request = try Sample.request(#"{"path":"/items?x=1"}"#, provider, credential: credential)
        #expect(request.target.text == "/v1/items?api-version=1&x=1&Key=a%26b%3Dc")
    }

    @Test func body_canBeAForm() throws {
        var provider = Sample.provider
        provider.bodyFormat = .form
        let request = try Sample.request(#"{"path":"/items/a","body":{"a":"b c","n":1.0,"l":[1,2]}}"#, provider)
        #expect(
            request.wire.suffix(3) == ["content-type: application/x-www-form-urlencoded", "", "a=b+c&n=1.0&l=1&l=2"])
        #expect(
            Sample.problems(#"{"path":"/items/a","body":[1]}"#, provider) == [
                "body: expected an object of texts, numbers and flags"
            ])
        let action = try Sample.request(#"{"action":"search","kind":"a","filters":{"x":1}}"#, provider)
        #expect(action.body?.text == "groups=%5B%7B%22filters%22%3A%7B%22x%22%3A1%7D%7D%5D&limit=10")
    }

    @Test func headers_andAddress_dependOnTheAccount() throws {
        var provider = Sample.provider
        provider.main.baseURL = Sample.url("{base}/data/{version}")
        provider.accountFields = [AccountField(name: "base", source: .tenant, form: .address, isRequired: true)]
        provider.headers = [
            HeaderTemplate(name: "Accept", value: Sample.template("application/vnd.x+json")),
            HeaderTemplate(name: "x-version", value: Sample.template("{version}")),
            HeaderTemplate(name: "x-customer", value: Sample.template("{customer}")),
        ]
        let base = FormPair("base", "https://acme.example:8443/")
        let request = try Sample.request(#"{"path":"/items"}"#, provider, facts: AccountFacts([base]))
        #expect(
            request.wire == [
                "GET https://acme.example:8443 /data/2024-01/items", "user-agent: weir",
                "accept: application/vnd.x+json",
                "x-version: 2024-01", "authorization: Bearer t0ken",
            ])
        #expect(request.isGuarded && request.namedPorts.isEmpty)
        let facts = AccountFacts([base, FormPair("customer", "1\r\nx: y")])
        #expect(try Sample.request(#"{"path":"/items"}"#, provider, facts: facts).value(of: "x-customer") == nil)
        let failure = #expect(throws: AgentFailure.self) { try Sample.request(#"{"path":"/items"}"#, provider) }
        #expect(failure?.code == .configMissing)
        #expect(failure?.status == 404)
    }

    /// A port is let through where the operator's definition says it, and not where a tenant does.
    @Test func port_isTheOperatorsUnlessAValueIsTheFront() throws {
        var provider = Sample.provider
        provider.main.baseURL = Sample.url("https://{region}.api.acme.example:8443")
        provider.accountFields = [AccountField(name: "region", source: .tenant, form: .label, isRequired: true)]
        let facts = AccountFacts([FormPair("region", "eu")])
        let request = try Sample.request(#"{"path":"/items"}"#, provider, facts: facts)
        #expect(request.isGuarded && request.namedPorts == [8443])
        #expect(request.origin.description == "https://eu.api.acme.example:8443")
    }

    @Test func credential_canStandInThePath() throws {
        let request = try Sample.request(#"{"path":"/items"}"#, credential: .path(SecretText("/bot1:a")))
        #expect(request.target.text == "/v1/bot1:a/items")
        #expect(!request.isGuarded)
        #expect(!"\(request)".contains("bot1"))
    }

    @Test func probe_isPlannedLikeACall() throws {
        let facts = AccountFacts()
        let provider = Sample.provider
        let test = try provider.request(for: try #require(provider.test), facts: facts, credential: Sample.bearer)
        #expect(test.wire[0] == "GET https://api.example.com /v1/me?full=yes")
        let elsewhere = try ProbeRequest("POST https://id.example.com")
        let request = try provider.request(for: elsewhere, facts: facts, credential: Sample.bearer)
        #expect(request.wire[0] == "POST https://id.example.com /")
        #expect(request.value(of: "authorization")?.text == "Bearer t0ken")
    }

    /// Damaged anywhere, a body is understood or refused with a reason, and what is sent is one request line.
    @Test func call_damaged_isReadOrRefusedWithAReason() throws {
        var random = SeededRandom.forTest()
        let seed = random.seed
        let bodies = [
            #"{"path":"/items/a%62?x=1","query":{"z":[1.5,true]},"method":"POST","body":{"n":1},"fields":[""#
                + #"a.b"],"format":"compact"}"#,
            #"{"action":"search","kind":"a","filters":[{"v":1}],"properties":["x"],"limit":3,"archived":tru"#
                + #"e,"account_id":"main"}"#,
        ]
        for _ in 0..<20_000 {
            var body = Array(bodies.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<body.count, using: &random)
                switch random.next() % 3 {
                case 0: body[at] = UInt8.random(in: 0...255, using: &random)
                case 1: body.remove(at: at)
                default: body.insert(contentsOf: "/..%2f\r\n".utf8.shuffled(using: &random).prefix(2), at: at)
                }
            }
            let result = Result { try Sample.request(String(decoding: body, as: UTF8.self)) }
            switch result {
            case .success(let request):
                try #require(request.target.bytes.allSatisfy { (0x21...0x7E).contains($0) }, "seed \(seed)")
                let path = String(request.target.text.prefix { $0 != "?" })
                try #require((try? NormalPath(path))?.description == path, "seed \(seed)")
                try #require(
                    path.hasPrefix("/v1/items") || path.hasPrefix("/v1/objects/") || path.hasPrefix("/v1/files/"),
                    "seed \(seed)")
            case .failure(let error):
                try #require((error as? AgentFailure)?.problems.isEmpty == false, "seed \(seed): \(error)")
            }
        }
    }
}

@Suite struct AccountChoiceTests {
    private func chosen(
        _ offers: [String], wanted: String? = nil, preferred: String? = nil, dead: Set<String> = []
    ) -> Result<AccountName, AgentFailure> {
        do throws(AgentFailure) {
            return .success(
                try AccountChoice.choose(
                    from: offers.map { AccountOffer(Sample.account($0), isUsable: !dead.contains($0)) },
                    wanted: wanted.map(Sample.account), preferred: preferred.map(Sample.account), provider: Sample.id))
        } catch {
            return .failure(error)
        }
    }

    private func code(_ result: Result<AccountName, AgentFailure>) -> AgentErrorCode? {
        if case .failure(let failure) = result { failure.code } else { nil }
    }

    @Test func account_isTheNamedOne_orTheOnlyOne_orTheDefault() {
        #expect(chosen(["a", "b"], wanted: "b") == .success(Sample.account("b")))
        #expect(chosen(["a"]) == .success(Sample.account("a")))
        #expect(chosen(["a"], preferred: "b") == .success(Sample.account("a")))
        #expect(chosen(["a", "b"], preferred: "b") == .success(Sample.account("b")))
        #expect(chosen(["a", "b"], wanted: "a", preferred: "b") == .success(Sample.account("a")))
    }

    @Test func several_andNoneNamed_areListed() throws {
        let failure = try #require(throws: AgentFailure.self) { try chosen(["b", "a"], preferred: "c").get() }
        #expect(failure.code == .validationError)
        #expect(failure.message == "account_id: several accounts of sample: a, b; name one")
        #expect(failure.accounts.map(\.text) == ["a", "b"])
        let many = (100..<200).map { "n\($0)" }
        let long = try #require(throws: AgentFailure.self) { try chosen(many).get() }
        #expect(long.accounts.count == AccountChoice.mostListed)
        #expect(long.message.hasSuffix("n149 and 50 more; name one"))
    }

    @Test func none_isMissing_andADeadOneExpired() {
        #expect(code(chosen([])) == .tokenMissing)
        #expect(code(chosen(["a"], wanted: "b")) == .tokenMissing)
        #expect(code(chosen(["a"], dead: ["a"])) == .tokenExpired)
        #expect(code(chosen(["a", "b"], dead: ["a"])) == .validationError, "which one was meant is not guessed")
    }

    @Test func codes_haveTheirStatuses() {
        let expected = [
            "AUTH_FAILED 401", "TENANT_NOT_FOUND 404", "TENANT_SUSPENDED 403", "RATE_LIMITED 429", "CONFIG_MISSING 404",
            "VALIDATION_ERROR 400", "TOKEN_MISSING 404", "TOKEN_EXPIRED 401", "TIMEOUT 504", "UPSTREAM_ERROR 502",
        ]
        #expect(AgentErrorCode.allCases.map { "\($0.rawValue) \($0.status)" } == expected)
    }
}
