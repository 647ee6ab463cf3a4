// The operator's own providers and registrations: read, completed, refused with every mistake at its key, printed.

import Connections
import DaemonKit
import Support
import Tenancy
import Testing

@testable import ProviderCatalog

@Suite struct SettingsTests {
    private static let minimal = """
        connections:
          providers:
            acme:
              name: Acme
              base_url: https://api.acme.example
              auth: {api_key: bearer}
              allow: [GET /**]
        """

    /// `minimal` with further lines, indented below the provider.
    private static func provider(_ lines: String) -> String {
        minimal + "\n" + lines.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n") + "\n"
    }

    @Test func emptyFile_hasTheBuiltInProviders() throws {
        let table = try ConfigFile<ConnectionsFile>(text: "").configuration.table
        #expect(table.providers == BuiltInProviders.table.providers)
    }

    @Test func ownProvider_standsBesideTheBuiltInOnes() throws {
        let table = try ConfigFile<ConnectionsFile>(text: Self.minimal).configuration.table
        let own = try #require(table[providerID("acme")])
        #expect(own.displayName == "Acme")
        #expect(own.timeout == .seconds(30))
        #expect(own.auth == [AuthRule(.apiKey, .bearer)])
        #expect(table.providers.count == BuiltInProviders.table.providers.count + 1)
    }

    @Test func ownProvider_withABuiltInId_standsInItsPlace() throws {
        let text = Self.minimal.replacing("acme:", with: "google:")
        let table = try ConfigFile<ConnectionsFile>(text: text).configuration.table
        #expect(table[providerID("google")]?.displayName == "Acme")
        #expect(table.domain(domainName("gmail")) == nil)
        #expect(table.providers.count == BuiltInProviders.table.providers.count)
    }

    /// Everything that can be written is taken over.
    @Test func wholeProvider_isTakenOver() throws {
        let text = Self.provider(
            """
            version: v1
            headers: {X-Version: "{version}"}
            query: {fixed: "1"}
            body_format: form
            timeout: 5s
            plain_http: true
            identity: GET /me
            test: POST https://id.acme.example/check
            answers: {success_field: ok, error_fields: [why], credential_errors: [gone]}
            account_fields:
              user: {from: identity, field: user.id, required: true}
            actions:
              find:
                request: POST /find/{kind}
                parameters:
                  kind: {in: path, required: true}
                  limit: {in: body, as: "page.size", form: integer, most: 10, default: "5"}
                  sort: query
              list: GET /list
            domains:
              acme-mail: {base_url: https://mail.acme.example, allow: GET /mail}
            """
        ).replacing("allow: GET /mail", with: "allow: [GET /mail]")
        let own = try #require(try ConfigFile<ConnectionsFile>(text: text).configuration.table[providerID("acme")])
        var expected = ProviderDefinition(
            id: own.id, displayName: "Acme", baseURL: try AddressTemplate("https://api.acme.example"),
            auth: [AuthRule(.apiKey, .bearer)])
        expected.version = "v1"
        expected.headers = [HeaderTemplate(name: "x-version", value: try TextTemplate("{version}"))]
        expected.query = [FormPair("fixed", "1")]
        (expected.bodyFormat, expected.timeout, expected.plainHTTP) = (.form, .seconds(5), true)
        (expected.identity, expected.test) = (
            try ProbeRequest("GET /me"), try ProbeRequest("POST https://id.acme.example/check")
        )
        expected.answers = AnswerRules(
            successField: try DottedPath("ok"), errorFields: [try DottedPath("why")], credentialErrors: ["gone"])
        expected.accountFields = [
            AccountField(name: "user", source: .identity, path: try DottedPath("user.id"), isRequired: true)
        ]
        expected.main.allow = [try PathRule("GET /**")]
        expected.main.actions = [
            ProviderAction(
                name: "find", method: .post, path: try TextTemplate("/find/{kind}"),
                parameters: [
                    ActionParameter(name: "kind", place: .path, isRequired: true),
                    ActionParameter(
                        name: "limit", place: .body(try BodyPath("page.size")), form: .integer, fallback: "5",
                        most: 10),
                    ActionParameter(name: "sort", place: .query("sort")),
                ]),
            ProviderAction(name: "list", method: .get, path: try TextTemplate("/list")),
        ]
        expected.domains = [
            ProviderDomain(
                name: domainName("acme-mail"), baseURL: try AddressTemplate("https://mail.acme.example"),
                allow: [try PathRule("GET /mail")])
        ]
        #expect(own == expected)
    }

    @Test func wholeOAuth_isTakenOver() throws {
        let text = Self.provider(
            """
            oauth:
              authorize_url: https://acme.example/authorize
              token_url: https://acme.example/token
              revocation: {url: "https://acme.example/{client_id}", method: DELETE, style: json, refresh_token: false}
              issuer: https://acme.example
              issuer_required: true
              client_authentication: basic
              pkce: optional
              scope_separator: comma
              scope_parameter: user_scope
              scopes: [a, b]
              authorize_parameters: {x: "1"}
              token_parameters: {y: "2"}
              answer:
                {access_token: u.t, refresh_token: u.r, expires_in: u.e, expires_at: u.x, scope: u.s, token_type: u.y,
                 error: why}
              token_types: [user]
              lifetime_unit: epoch_milliseconds
              default_lifetime: 2h
              refresh_lead: 3m
              errors: {gone: invalid_grant, nope: invalid_client, later: temporary}
            """
        ).replacing("{api_key: bearer}", with: "{oauth2: bearer}")
        let own = try ConfigFile<ConnectionsFile>(text: text).configuration.table[providerID("acme")]
        var expected = try OAuthDefinition(
            authorizeURL: WebAddress("https://acme.example/authorize"),
            tokenURL: WebAddress("https://acme.example/token"))
        expected.revocation = .init(
            method: .delete, url: try TextTemplate("https://acme.example/{client_id}"), style: .json,
            revokesRefreshToken: false)
        (expected.issuer, expected.requiresIssuer) = ("https://acme.example", true)
        (expected.clientAuthentication, expected.proofKey) = (.basic, .optional)
        (expected.scopeSeparator, expected.scopeParameter, expected.scopes) = (",", "user_scope", ["a", "b"])
        (expected.authorizeParameters, expected.tokenParameters) = ([FormPair("x", "1")], [FormPair("y", "2")])
        (expected.answer.accessToken, expected.answer.refreshToken) = (try DottedPath("u.t"), try DottedPath("u.r"))
        (expected.answer.lifetime, expected.answer.end) = (try DottedPath("u.e"), try DottedPath("u.x"))
        (expected.answer.scope, expected.answer.tokenType) = (try DottedPath("u.s"), try DottedPath("u.y"))
        expected.answer.error = try DottedPath("why")
        (expected.tokenTypes, expected.lifetimeUnit) = (["user"], .epochMilliseconds)
        (expected.defaultLifetime, expected.refreshLead) = (.seconds(7200), .seconds(180))
        expected.errors = ["gone": .invalidGrant, "nope": .invalidClient, "later": .temporary]
        #expect(own?.oauth == expected)
    }

    private static let key = "connections.providers.acme"

    /// Lines below the provider, and what is said about them.
    @Test(arguments: [
        ("timeout: 31s", ["\(key).timeout: 31s is out of range: a duration from 100ms to 30s"]),
        ("timeouts: x", ["\(key).timeouts: unknown key; did you mean \"timeout\"?"]),
        ("headers: {Host: x}", ["\(key).headers.Host: as a name: set by the gateway itself"]),
        ("headers: {x: \"{y}\"}", ["\(key).headers.x: {y} is neither version nor one of account_fields"]),
        ("identity: /me", ["\(key).identity: expected a method and a path or URL, such as GET /user"]),
        ("test: GET http://a.example", ["\(key).test: the credential is sent there; expected https"]),
        (
            "account_fields: {a: {from: identity, field: id}}",
            ["\(key).identity: missing; some account_fields are from it"]
        ),
        (
            "account_fields: {a: {from: token}}",
            [
                "\(key).oauth: missing; some account_fields are from its token answers",
                "\(key).account_fields.a.field: missing",
            ]
        ),
        ("actions: {x: \"GET /{a}\"}", ["\(key).actions.x.request: {a} is no parameter with `in: path`"]),
        (
            "actions: {x: get /a}",
            ["\(key).actions.x.request: expected a method and a path, such as GET /v1/items/{item_id}"]
        ),
        (
            "actions: {x: {request: GET /a, parameters: {b: {in: path, as: c}}}}",
            ["\(key).actions.x.parameters.b.as: a gap of the path has the parameter's name"]
        ),
        (
            "actions: {x: {request: POST /a, parameters: {b: {in: body, as: c..d}}}}",
            ["\(key).actions.x.parameters.b.as: an empty name; write names with single dots between"]
        ),
        (
            "domains: {gmail: {base_url: https://a.example, allow: [GET /a]}}",
            ["\(key).domains.gmail: the domain gmail belongs to google"]
        ),
        (
            "domains: {acme2: {base_url: https://a.example}}",
            ["\(key).domains.acme2.allow: nothing may be asked; expected an allow rule or an action"]
        ),
        (
            "oauth: {token_url: http://a.example/t}",
            [
                "\(key).oauth: neither auth.oauth2 nor auth.client_credentials makes use of it",
                "\(key).oauth.token_url: expected https (RFC 6749 §3.1.2.1)",
            ]
        ),
        ("oauth: {}", ["\(key).oauth.token_url: missing; expected a URL"]),
        (
            "answers: {success_field: a..b}",
            ["\(key).answers.success_field: an empty name; write names with single dots between"]
        ),
    ])
    func mistakes_areSaidAtTheirKeys(lines: String, problems: [String]) {
        #expect(ConnectionsFile.problems(Self.provider(lines)).sorted() == problems.sorted())
    }

    @Test(arguments: [
        ("{api_key: bearer}", "{}", ["\(key).auth: expected at least one kind of credential"]),
        (
            "{api_key: bearer}", "{api_key: token}",
            ["\(key).auth.api_key.placement: expected bearer or basic or header or query or path, found \"token\""]
        ),
        ("{api_key: bearer}", "{api_key: header}", ["\(key).auth.api_key.name: missing; the placement needs it"]),
        (
            "{api_key: bearer}", "{api_key: {placement: bearer, name: x}}",
            ["\(key).auth.api_key.name: the placement has no use for it"]
        ),
        ("{api_key: bearer}", "{api_key: path}", ["\(key).auth.api_key.template: missing; the placement needs it"]),
        (
            "{api_key: bearer}", "{api_key: {placement: query, name: x, template: y}}",
            ["\(key).auth.api_key.template: the placement has no use for it"]
        ),
        ("{api_key: bearer}", "{oauth2: bearer}", ["\(key).auth.oauth2: needs the section oauth"]),
        (
            "https://api.acme.example", "api.acme.example",
            ["\(key).base_url: expected a URL such as https://api.example.com/v1 or {instance_url}/v1"]
        ),
        (
            "https://api.acme.example", "https://u@a.example",
            ["\(key).base_url: no user name or password stands in an address"]
        ),
        ("https://api.acme.example", "\"{x}\"", ["\(key).base_url: {x} is neither version nor one of account_fields"]),
        ("[GET /**]", "[]", ["\(key).allow: nothing may be asked; expected an allow rule or an action"]),
        ("[GET /**]", "[GET /**, GET /../x]", ["\(key).allow[1]: a segment of nothing but dots and blanks"]),
        (
            "[GET /**]", "[FETCH /x]",
            ["\(key).allow[0]: \"FETCH\" is no method; known are GET, HEAD, POST, PUT, PATCH, DELETE and ANY for all"]
        ),
        (
            "acme:", "Acme:",
            ["connections.providers.Acme: as a name: expected 1 to 32 of a-z, 0-9 and -, beginning with a letter"]
        ),
        (
            "name: Acme", "nam: Acme",
            ["\(key).nam: unknown key; did you mean \"name\"?", "\(key).name: missing; expected a text"]
        ),
    ])
    func otherMistakes_areSaidAtTheirKeys(line: String, instead: String, problems: [String]) {
        #expect(ConnectionsFile.problems(Self.minimal.replacing(line, with: instead)).sorted() == problems.sorted())
    }

    @Test func mistakesOfSeveralProviders_areSaidAtOnce() {
        let text =
            Self.minimal.replacing("[GET /**]", with: "[]")
            + "\n    other: {name: x, base_url: https://a.example, auth: {}, allow: [GET /]}"
        #expect(ConnectionsFile.problems(text).count == 2)
    }

    // MARK: Registrations

    private static let client = """
        connections:
          clients:
            github:
              client_id: abc
              client_secret: {file: SECRET}
        """

    @Test func registration_hasItsSecretAndScopes() throws {
        let folder = ScratchFolder("client")
        let path = "\(folder.path)/secret"
        write("s3cret\n", to: path)
        let text = Self.client.replacing("SECRET", with: path)
        let credentials = CredentialStore(systemdDirectory: nil)
        let clients = try ConfigFile<ConnectionsFile>(text: text, credentials: credentials).configuration.clients
        let gitHub = try #require(clients[providerID("github")])
        #expect(gitHub.registration == ClientRegistration(id: "abc", secret: SecretText("s3cret")))
        #expect(gitHub.scopes == ["read:user", "user:email"])
        let own = try ConfigFile<ConnectionsFile>(text: text + "\n      scopes: [repo]", credentials: credentials)
            .configuration
        #expect(own.clients.values.first?.scopes == ["repo"])
    }

    @Test(arguments: [
        ("github:", "gitlab:", "connections.clients.gitlab: there is no provider gitlab"),
        ("github:", "anthropic:", "connections.clients.anthropic: anthropic does no OAuth"),
        ("{file: SECRET}", "none", "connections.clients.github.client_secret: missing; the provider asks for it"),
        (
            "abc", "abc\n      scopes: [\"a b\"]",
            "connections.clients.github.scopes[0]: expected printable ASCII without blanks and separators"
        ),
        ("abc", "é", "connections.clients.github.client_id: id or secret is not printable ASCII"),
    ])
    func registrations_thatCannotWork_areRefused(line: String, instead: String, problem: String) {
        #expect(ConnectionsFile.problems(Self.client.replacing(line, with: instead)) == [problem])
    }

    // MARK: Printing and the document

    /// What is in effect prints, reads back as the same, and prints the same again; also for the whole built-in
    /// catalogue.
    @Test func printed_readsBackAsTheSame() throws {
        let builtIn = "connections:\n  " + BuiltInProviders.text.replacing("\n", with: "\n  ")
        for text in [Self.minimal, Self.client, builtIn] {
            let first = try ConfigFile<ConnectionsFile>(text: text)
            let second = try ConfigFile<ConnectionsFile>(text: first.printed)
            #expect(second.configuration.table.providers == first.configuration.table.providers)
            #expect(second.printed == first.printed)
        }
        #expect(
            try ConfigFile<ConnectionsFile>(text: builtIn).configuration.table.providers
                == BuiltInProviders.table.providers)
    }

    /// Key by key, in the order of the declarations, nothing else.
    @Test func document_listsEveryKey() {
        let written = RepositoryFile.text("docs/CONNECTIONS.md").split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("| `connections") }
        let declared = ConfigReference.rows(ConnectionsFile.layout).dropFirst().map(\.markdown)
        for row in declared where !written.contains(row) { Issue.record("missing in docs/CONNECTIONS.md:\n\(row)") }
        #expect(written == declared)
    }

    @Test func document_hasExamplesThatAreRead() {
        let parts = RepositoryFile.text("docs/CONNECTIONS.md").split(separator: "```")
        let examples = parts.filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst(5)) }
        #expect(examples.count == 2)
        for example in examples { #expect(ConnectionsFile.problems(example) == []) }
    }

    @Test func document_listsEveryBuiltInProvider() {
        let document = RepositoryFile.text("docs/CONNECTIONS.md")
        for provider in BuiltInProviders.table.providers {
            let kinds = provider.auth.map(\.kind.rawValue).joined(separator: ", ")
            let domains = provider.allDomains.map { "`\($0.name)`" }.joined(separator: ", ")
            let row = "| `\(provider.id)` | \(provider.displayName) | \(kinds) | \(domains) |"
            #expect(document.contains(row), "missing in docs/CONNECTIONS.md:\n\(row)")
        }
    }
}
