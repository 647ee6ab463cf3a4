// Relations within definitions and between them: everything that is wrong is found, by its key.

import Tenancy
import Testing

@testable import Connections

@Suite struct DefinitionTests {
    /// What `change` makes wrong.
    private func faults(_ change: (inout ProviderDefinition) throws -> Void) rethrows -> [String] {
        var provider = Sample.provider
        try change(&provider)
        return provider.faults.map(\.path)
    }

    @Test func sample_hasNoFaults() { #expect(Sample.provider.faults.isEmpty) }

    @Test func severalFaults_areFoundAtOnce() {
        let found = faults {
            $0.timeout = .seconds(31)
            $0.auth = []
            $0.main.allow = []
            $0.main.actions = []
            $0.oauth?.defaultLifetime = .seconds(1)
        }
        #expect(found == ["timeout", "auth", "allow", "oauth.default_lifetime", "oauth"])
    }

    @Test func variables_needSomethingThatFillsThem() {
        #expect(faults { $0.main.baseURL = Sample.url("https://a.example/{version}/{x}") } == ["base_url"])
        #expect(faults { $0.headers = [HeaderTemplate(name: "x", value: Sample.template("{y}"))] } == ["headers.x"])
        #expect(
            faults {
                $0.version = nil
                $0.headers = [HeaderTemplate(name: "x", value: Sample.template("{version}"))]
            } == ["headers.x"])
    }

    @Test func addressOfAnAccount_hasItsFormAndIsRequired() {
        func field(_ form: AccountField.Form, _ isRequired: Bool) -> [AccountField] {
            [AccountField(name: "base", source: .tenant, form: form, isRequired: isRequired)]
        }
        func faults(_ url: String, _ fields: [AccountField]) -> [String] {
            self.faults { ($0.main.baseURL, $0.accountFields) = (Sample.url(url), fields) }
        }
        #expect(faults("{base}", field(.address, true)).isEmpty)
        #expect(faults("{base}", field(.text, true)) == ["base_url"])
        #expect(faults("{base}", field(.address, false)) == ["account_fields.base.required"])
        #expect(faults("https://{base}.a.example", field(.text, true)) == ["base_url"])
        #expect(faults("https://{base}.a.example", field(.label, true)).isEmpty)
    }

    @Test func addressOfAnAccount_isKnownBeforeItIsNeeded() throws {
        let hosts = [try HostPattern("a.example")]
        func field(_ source: AccountField.Source) -> [AccountField] {
            [
                AccountField(
                    name: "base", source: source, path: Sample.path("b"), form: .address, hosts: hosts, isRequired: true
                )
            ]
        }
        let fromToken = faults { ($0.main.baseURL, $0.accountFields) = (Sample.url("{base}"), field(.token)) }
        #expect(fromToken == ["auth.api_key", "auth.basic"])
        let fromIdentity = try faults {
            ($0.main.baseURL, $0.accountFields) = (Sample.url("{base}"), field(.identity))
            $0.identity = try ProbeRequest("GET /me")
        }
        #expect(fromIdentity == ["identity"])
    }

    @Test func tenantsFacts_areCheckedTogether() throws {
        var provider = Sample.provider
        provider.accountFields = [
            AccountField(name: "base", source: .tenant, form: .address, isRequired: true),
            AccountField(name: "region", source: .tenant, form: .label),
            AccountField(name: "user", source: .token, path: Sample.path("id")),
        ]
        func given(_ pairs: [(String, String)]) -> Result<[String], AgentFailure> {
            do throws(AgentFailure) {
                let facts = try provider.facts(given: pairs.map { FormPair($0.0, $0.1) })
                return .success(facts.pairs.map { "\($0.name)=\($0.value)" })
            } catch {
                return .failure(error)
            }
        }
        func problems(_ pairs: [(String, String)]) -> [String] {
            guard case .failure(let failure) = given(pairs) else { return [] }
            return failure.problems.map { "\($0.path): \($0.reason)" }
        }
        #expect(try given([("base", "https://A.example/")]).get() == ["base=https://a.example"])
        let both = try given([("region", "EU"), ("base", "https://a.example")]).get()
        #expect(both == ["base=https://a.example", "region=eu"])
        #expect(
            problems([("region", "a.b"), ("user", "x"), ("region", "c")]) == [
                "user: unknown; sample takes base, region, default", "base: missing", "region: given twice",
                "region: expected one part of a host name",
            ])
        #expect(problems([("base", "http://a.example")]) == ["base: expected https"])
        #expect(problems([("base", "https://a.example"), ("region", "")]) == ["region: expected 1 to 256 bytes"])
        provider.plainHTTP = true
        #expect(try given([("base", "http://a.example")]).get() == ["base=http://a.example"])
        let all = [FormPair("user", "x"), FormPair("base", "http://a.example")]
        #expect(try provider.facts(given: all, from: [.tenant, .token]).pairs.map(\.name) == ["base", "user"])
    }

    @Test func everyAccount_mayBeItsTenantsDefault() throws {
        func preferred(_ value: String) throws -> Bool {
            try Sample.provider.facts(given: [FormPair("default", value)]).isPreferred
        }
        #expect(try preferred("true"))
        #expect(try !preferred("false"))
        #expect(throws: AgentFailure.self) { try preferred("yes") }
        #expect(!AccountFacts().isPreferred)
        // A definition's own field of that name stays what it is.
        var provider = Sample.provider
        provider.accountFields = [AccountField(name: "default", source: .token, path: Sample.path("id"))]
        #expect(provider.allFields == provider.accountFields)
    }

    @Test func accountFields_comeFromSomewhere() {
        func faults(_ field: AccountField) -> [String] { self.faults { $0.accountFields = [field] } }
        let path = Sample.path("id")
        #expect(faults(AccountField(name: "a", source: .token, path: path)).isEmpty)
        #expect(faults(AccountField(name: "a", source: .identity, path: path)) == ["identity"])
        #expect(faults(AccountField(name: "a", source: .token)) == ["account_fields.a.field"])
        #expect(faults(AccountField(name: "a", source: .tenant, path: path)) == ["account_fields.a.field"])
        #expect(
            faults(AccountField(name: "a", source: .token, path: path, form: .address)) == ["account_fields.a.hosts"])
        #expect(faults(AccountField(name: "version", source: .tenant)) == ["account_fields.version"])
        #expect(faults(AccountField(name: "A", source: .tenant)) == ["account_fields.A"])
        let two = AccountField(name: "a", source: .tenant)
        #expect(self.faults { $0.accountFields = [two, two] } == ["account_fields.a"])
        let many = (0...7).map { AccountField(name: "f\($0)", source: .tenant) }
        #expect(self.faults { $0.accountFields = many } == ["account_fields"])
        #expect(self.faults { $0.accountFields = many.dropLast() } == [])
        #expect(
            self.faults {
                $0.accountFields = [AccountField(name: "a", source: .token, path: path)]
                ($0.oauth, $0.auth) = (nil, [AuthRule(.apiKey, .bearer)])
            } == ["oauth"])
    }

    @Test func placements_haveTheSecretOnce() {
        func faults(_ placement: CredentialPlacement) -> [String] { self.faults { $0.auth[0].placement = placement } }
        #expect(faults(.header(name: "x", template: Sample.template("{secret}"))).isEmpty)
        #expect(faults(.header(name: "x", template: Sample.template("none"))) == ["auth.api_key.template"])
        #expect(faults(.header(name: "x", template: Sample.template("{secret}{secret}"))) == ["auth.api_key.template"])
        #expect(faults(.header(name: "Host", template: Sample.template("{secret}"))) == ["auth.api_key.name"])
        #expect(faults(.header(name: "x y", template: Sample.template("{secret}"))) == ["auth.api_key.name"])
        #expect(faults(.header(name: "x", template: Sample.template("a\n{secret}"))) == ["auth.api_key.template"])
        #expect(faults(.path(Sample.template("/bot{secret}"))).isEmpty)
        #expect(faults(.path(Sample.template("bot{secret}"))) == ["auth.api_key.template"])
        #expect(faults(.path(Sample.template("/{secret}/"))) == ["auth.api_key.template"])
        #expect(faults(.path(Sample.template("/{secret}/../x"))) == ["auth.api_key.template"])
        #expect(
            self.faults {
                $0.auth[0].placement = .query(name: "Key")
                $0.query = [FormPair("key", "1")]
            } == ["auth.api_key.name"])
        #expect(
            self.faults { $0.headers = [HeaderTemplate(name: "Authorization", value: Sample.template("x"))] }
                == ["auth.api_key", "auth.oauth2", "auth.basic"])
        #expect(self.faults { $0.auth.append(AuthRule(.apiKey, .basic)) } == ["auth.api_key"])
        #expect(self.faults { $0.auth[2].placement = .bearer } == ["auth.basic"])
        #expect(self.faults { $0.oauth = nil } == ["auth.oauth2"])
    }

    @Test func oauth_keepsToTheRFCsAndToItself() throws {
        func faults(_ change: (inout OAuthDefinition) throws -> Void) rethrows -> [String] {
            var oauth = Sample.oauth
            try change(&oauth)
            return self.faults { $0.oauth = oauth }
        }
        #expect(try faults { $0.tokenURL = try WebAddress("http://a.example/token") } == ["oauth.token_url"])
        #expect(try faults { $0.tokenURL = try WebAddress("http://127.0.0.1:9/token") } == [])
        #expect(faults { $0.authorizeURL = nil } == ["oauth.authorize_url"])
        #expect(faults { $0.requiresIssuer = true } == ["oauth.issuer"])
        #expect(faults { ($0.clientAuthentication, $0.proofKey) = (.none, .optional) } == ["oauth.pkce"])
        #expect(
            faults { $0.scopes = ["a b", "c", "é", ""] } == ["oauth.scopes[0]", "oauth.scopes[2]", "oauth.scopes[3]"])
        #expect(faults { $0.authorizeParameters = [FormPair("state", "x")] } == ["oauth.authorize_parameters.state"])
        #expect(faults { $0.tokenParameters = [FormPair("code", "x")] } == ["oauth.token_parameters.code"])
        #expect(faults { $0.scopeParameter = "client_id" } == ["oauth.scope_parameter"])
        #expect(faults { $0.tokenTypes = ["Bearer"] } == ["oauth.token_types"])
        #expect(faults { $0.refreshLead = .seconds(86_401) } == ["oauth.refresh_lead"])
        func revocation(
            _ url: String, _ method: RequestMethod, _ style: OAuthDefinition.Revocation.Style, _ isRefresh: Bool
        )
            -> [String]
        {
            faults {
                $0.revocation = .init(
                    method: method, url: Sample.template(url), style: style, revokesRefreshToken: isRefresh)
            }
        }
        #expect(revocation("https://a.example/{client_id}", .delete, .json, false).isEmpty)
        #expect(revocation("https://a.example/{x}", .post, .client, true) == ["oauth.revocation.url"])
        #expect(revocation("http://a.example", .post, .client, true) == ["oauth.revocation.url"])
        #expect(revocation("https://a.example", .get, .client, true) == ["oauth.revocation.method"])
        #expect(revocation("https://a.example", .post, .bearer, true) == ["oauth.revocation.refresh_token"])
    }

    @Test func clientCredentials_needASecret() {
        let found = faults {
            $0.auth.append(AuthRule(.clientCredentials, .bearer))
            $0.oauth?.clientAuthentication = .none
        }
        #expect(found == ["oauth.client_authentication"])
    }

    @Test func actions_fillTheirPlaces() throws {
        func faults(_ change: (inout ProviderAction) throws -> Void) rethrows -> [String] {
            var action = Sample.search
            try change(&action)
            return self.faults { $0.main.actions = [action] }
        }
        let prefix = "actions.search"
        #expect(faults { _ in } == [])
        #expect(faults { $0.path = Sample.template("/objects/{kind}/{id}") } == ["\(prefix).request"])
        #expect(faults { $0.path = Sample.template("/objects") } == ["\(prefix).request"])
        #expect(faults { $0.path = Sample.template("/a/../{kind}") } == ["\(prefix).request"])
        #expect(faults { $0.method = .get }.count == 3, "three parameters are in the body")
        #expect(faults { $0.parameters[0].isRequired = false } == ["\(prefix).parameters.kind"])
        #expect(faults { $0.parameters[3].fallback = "201" } == ["\(prefix).parameters.limit.default"])
        #expect(faults { $0.parameters[3].fallback = "x" } == ["\(prefix).parameters.limit.default"])
        #expect(faults { $0.parameters[4].form = .any } == ["\(prefix).parameters.archived.form"])
        #expect(faults { $0.parameters[4].most = 1 } == ["\(prefix).parameters.archived.most"])
        #expect(faults { $0.parameters[4].name = "format" } == ["\(prefix).parameters.format"])
        #expect(
            try faults { $0.parameters[2].place = .body(try BodyPath("groups")) }
                == ["\(prefix).parameters.filters.as", "\(prefix).parameters.properties.as"])
        #expect(
            try faults { $0.parameters[2].place = .body(try BodyPath("limit")) } == ["\(prefix).parameters.limit.as"])
        #expect(
            try faults { $0.parameters[2].place = .body(try BodyPath("groups.x")) }
                == ["\(prefix).parameters.filters.as", "\(prefix).parameters.properties.as"])
    }

    @Test(arguments: ["", "a[", "[]", "a..b", "a[].", "a[][]"])
    func bodyPaths_ofOtherForms_areRefused(text: String) {
        #expect(reason { () throws(GrammarFault) in try BodyPath(text) } != nil)
    }

    @Test func table_findsProvidersAndDomains() throws {
        var provider = Sample.provider
        var mail = provider.main
        mail.name = try #require(DomainName("mail"))
        provider.domains = [mail]
        let table = try ProviderTable([provider])
        #expect(table[Sample.id] == provider)
        #expect(table.domain(DomainName(Sample.id))?.domain == provider.main)
        #expect(table.domain(mail.name)?.domain == mail)
        #expect(table.domain(try #require(DomainName("none")))?.domain == nil)
        #expect(ProviderTable.empty.providers.isEmpty)
    }

    @Test func table_refusesNamesThatAreTaken() throws {
        var other = Sample.provider
        other.id = try #require(ProviderID("other"))
        other.main.name = try #require(DomainName("other"))
        other.domains = [Sample.provider.main]
        func paths(_ definitions: [ProviderDefinition]) -> [String] {
            do throws(ProviderRefusal) {
                _ = try ProviderTable(definitions)
                return []
            } catch {
                return error.faults.map { "\($0.provider) \($0.fault.path)" }
            }
        }
        #expect(paths([Sample.provider, other]) == ["other domains.sample"])
        #expect(paths([Sample.provider, Sample.provider]) == ["sample ", "sample "])
        other.domains = [other.main]
        #expect(paths([other]) == ["other domains.other.base_url"])
    }

    @Test func probe_isSentSecurely() throws {
        let found = try faults {
            $0.test = try ProbeRequest("GET http://a.example/x")
            $0.identity = try ProbeRequest("GET http://localhost/x")
        }
        #expect(found == ["test"])
    }
}
