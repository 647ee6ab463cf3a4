// The built-in catalogue: good as a whole, and each entry against what its vendor documents.

import Connections
import DaemonKit
import Tenancy
import Testing

@testable import ProviderCatalog

@Suite struct BuiltInTests {
    static let ids = [
        "openai-compatible", "anthropic", "openrouter", "deepseek", "google", "github", "slack", "discord", "hubspot",
        "salesforce",
        "telegram-bot", "custom",
    ]

    @Test func catalogue_isWholeAndInOrder() {
        #expect(BuiltInProviders.table.providers.map(\.id.text) == Self.ids)
        #expect(BuiltInProviders.parts.count == Self.ids.count)
    }

    @Test(arguments: ids)
    func definition_hasNoFaults(id: String) { #expect(BuiltInProviders.named(id).faults.isEmpty) }

    /// Whatever somebody else has a say in goes through the address guard, and nothing else does.
    @Test(arguments: ids)
    func address_isGuardedWhereItIsInfluenced(id: String) {
        let isGuarded = BuiltInProviders.named(id).main.baseURL.isInfluenced
        #expect(isGuarded == ["openai-compatible", "custom", "salesforce"].contains(id))
    }

    /// The request that proves a credential, whole: presentation, headers, address.
    @Test(arguments: [
        (
            "openai-compatible", AuthKind.apiKey,
            [
                "GET https://llm.example /v1/models", "accept: application/json", "user-agent: weir",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "anthropic", .apiKey,
            [
                "GET https://api.anthropic.com /v1/models?limit=1", "accept: application/json", "user-agent: weir",
                "anthropic-version: 2023-06-01", "x-api-key: k-1",
            ]
        ),
        (
            "openrouter", .apiKey,
            [
                "GET https://openrouter.ai /api/v1/key", "accept: application/json", "user-agent: weir",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "deepseek", .apiKey,
            [
                "GET https://api.deepseek.com /user/balance", "accept: application/json", "user-agent: weir",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "google", .oauth2,
            [
                "GET https://openidconnect.googleapis.com /v1/userinfo", "accept: application/json", "user-agent: weir",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "github", .apiKey,
            [
                "GET https://api.github.com /user", "user-agent: weir", "accept: application/vnd.github+json",
                "x-github-api-version: 2022-11-28", "authorization: Bearer k-1",
            ]
        ),
        (
            "slack", .botToken,
            [
                "POST https://slack.com /api/auth.test", "accept: application/json", "user-agent: weir",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "discord", .botToken,
            [
                "GET https://discord.com /api/v10/users/@me", "accept: application/json",
                "user-agent: DiscordBot (weir, 1)",
                "authorization: Bot k-1",
            ]
        ),
        (
            "discord", .oauth2,
            [
                "GET https://discord.com /api/v10/users/@me", "accept: application/json",
                "user-agent: DiscordBot (weir, 1)",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "hubspot", .apiKey,
            [
                "GET https://api.hubapi.com /account-info/v3/details", "accept: application/json", "user-agent: weir",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "salesforce", .oauth2,
            [
                "GET https://acme.my.salesforce.com /services/data/v64.0/limits", "accept: application/json",
                "user-agent: weir",
                "authorization: Bearer k-1",
            ]
        ),
        (
            "telegram-bot", .botToken,
            ["GET https://api.telegram.org /botk-1/getMe", "accept: application/json", "user-agent: weir"]
        ),
    ])
    func test_isSentAsTheVendorWantsIt(id: String, kind: AuthKind, wire: [String]) throws {
        let provider = BuiltInProviders.named(id)
        let facts = AccountFacts([
            FormPair("base_url", "https://llm.example/v1"), FormPair("instance_url", "https://acme.my.salesforce.com"),
        ])
        let credential = try #require(provider.placement(of: kind)).presented(.secret(SecretText("k-1")))
        let request = try provider.request(for: try #require(provider.test), facts: facts, credential: credential)
        #expect(request.wire == wire)
        #expect(request.timeout == .seconds(30))
    }

    /// Where browsers go.
    @Test(arguments: [
        (
            "google",
            "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=id&redirect_uri=htt"
                + "ps%3A%2F%2Fw&scope=a%20b&state=S"
                + "&code_challenge=C&code_challenge_method=S256&access_type=offline&prompt=consent"
        ),
        (
            "github",
            "https://github.com/login/oauth/authorize?response_type=code&client_id=id&redirect_uri=https%3"
                + "A%2F%2Fw&scope=a%20b&state=S"
                + "&code_challenge=C&code_challenge_method=S256"
        ),
        (
            "slack",
            "https://slack.com/oauth/v2/authorize?response_type=code&client_id=id&redirect_uri=https%3A%2F"
                + "%2Fw&scope=a%2Cb&state=S"
        ),
        (
            "discord",
            "https://discord.com/oauth2/authorize?response_type=code&client_id=id&redirect_uri=https%3A%2F"
                + "%2Fw&scope=a%20b&state=S"
                + "&code_challenge=C&code_challenge_method=S256"
        ),
        (
            "hubspot",
            "https://app.hubspot.com/oauth/authorize?response_type=code&client_id=id&redirect_uri=https%3A"
                + "%2F%2Fw&scope=a%20b&state=S"
                + "&code_challenge=C&code_challenge_method=S256"
        ),
        (
            "salesforce",
            "https://login.salesforce.com/services/oauth2/authorize?response_type=code&client_id=id&redire"
                + "ct_uri=https%3A%2F%2Fw"
                + "&scope=a%20b&state=S&code_challenge=C&code_challenge_method=S256"
        ),
    ])
    func authorizationURL_isTheVendors(id: String, expected: String) throws {
        let oauth = try #require(BuiltInProviders.named(id).oauth)
        let client = try #require(ClientRegistration(id: "id", secret: SecretText("secret")))
        let state = FlowState(random: Array(repeating: 0, count: 32))
        let url = try #require(
            oauth.authorizationURL(
                client: client, redirectURI: "https://w", scopes: ["a", "b"], state: state, challenge: "C"))
        #expect(url.replacing("state=" + String(repeating: "A", count: 43), with: "state=S") == expected)
    }

    /// Where refreshes go and how the application proves itself; and how an account is disconnected.
    @Test(arguments: [
        (
            "google",
            ["POST https://oauth2.googleapis.com /token", "refresh_token=r&client_id=id&client_secret=secret"],
            ["POST https://oauth2.googleapis.com /revoke", "token=r&token_type_hint=refresh_token"]
        ),
        (
            "github",
            ["POST https://github.com /login/oauth/access_token", "refresh_token=r&client_id=id&client_secret=secret"],
            [
                "DELETE https://api.github.com /applications/id/token", "authorization: Basic aWQ6c2VjcmV0",
                #"{"access_token":"a"}"#,
            ]
        ),
        (
            "slack",
            ["POST https://slack.com /api/oauth.v2.access", "authorization: Basic aWQ6c2VjcmV0", "refresh_token=r"],
            ["POST https://slack.com /api/auth.revoke", "authorization: Bearer a"]
        ),
        (
            "discord",
            ["POST https://discord.com /api/oauth2/token", "authorization: Basic aWQ6c2VjcmV0", "refresh_token=r"],
            [
                "POST https://discord.com /api/oauth2/token/revoke", "authorization: Basic aWQ6c2VjcmV0",
                "token=r&token_type_hint=refresh_token",
            ]
        ),
        (
            "hubspot",
            ["POST https://api.hubapi.com /oauth/2026-03/token", "refresh_token=r&client_id=id&client_secret=secret"],
            [
                "POST https://api.hubapi.com /oauth/2026-03/token/revoke",
                "token=r&token_type_hint=refresh_token&client_id=id&client_secret=secret",
            ]
        ),
        (
            "salesforce",
            [
                "POST https://login.salesforce.com /services/oauth2/token",
                "refresh_token=r&client_id=id&client_secret=secret",
            ],
            ["POST https://login.salesforce.com /services/oauth2/revoke", "token=r&token_type_hint=refresh_token"]
        ),
    ])
    func tokenAndRevocation_areTheVendors(id: String, token: [String], revocation: [String]) throws {
        let oauth = try #require(BuiltInProviders.named(id).oauth)
        let client = try #require(ClientRegistration(id: "id", secret: SecretText("secret")))
        func essence(_ request: OutboundRequest) -> [String] {
            let body = request.body?.text.replacing("grant_type=refresh_token&", with: "")
            let proof = request.value(of: "authorization").map { "authorization: \($0.text)" }
            return [request.wire[0]] + [proof, body].compactMap { $0 }
        }
        let refresh = try oauth.tokenRequest(.refreshToken(SecretText("r")), client: client)
        #expect(essence(refresh) == token)
        #expect(refresh.value(of: "accept")?.text == "application/json")
        let revoke = try oauth.revocationRequest(
            accessToken: SecretText("a"), refreshToken: SecretText("r"), client: client)
        #expect(essence(try #require(revoke)) == revocation)
    }

    /// What an agent may ask for without knowing a path.
    @Test(arguments: [
        (
            "hubspot",
            #"{"action":"search","object_type":"contacts","limit":5,"properties":["email"],"filters":[{"pro"#
                + #"pertyName":"a","operator":"EQ","value":"b"}]}"#,
            "POST https://api.hubapi.com /crm/v3/objects/contacts/search",
            #"{"filterGroups":[{"filters":[{"propertyName":"a","operator":"EQ","value":"b"}]}],"properties""#
                + #":["email"],"limit":5}"#
        ),
        (
            "hubspot", #"{"action":"list","object_type":"deals","properties":["a","b"]}"#,
            "GET https://api.hubapi.com /crm/v3/objects/deals?properties=a%2Cb", nil
        ),
        (
            "salesforce", #"{"action":"query","soql":"SELECT Id FROM Account WHERE Name = 'A+B'"}"#,
            "GET https://acme.my.salesforce.com /services/data/v64.0/query?q=SELECT%20Id%20FROM%20Account%"
                + "20WHERE%20Name%20%3D%20%27A%2BB%27",
            nil
        ),
        (
            "github", #"{"action":"create_issue","owner":"a","repo":"b","title":"t","text":"x","labels":["l"]}"#,
            "POST https://api.github.com /repos/a/b/issues", #"{"title":"t","body":"x","labels":["l"]}"#
        ),
        (
            "telegram-bot", #"{"action":"send_message","chat_id":-1001,"text":"hi"}"#,
            "POST https://api.telegram.org /botk-1/sendMessage",
            #"{"chat_id":-1001,"text":"hi"}"#
        ),
        (
            "slack", #"{"action":"post_message","channel":"C1","text":"hi","thread":"1.2"}"#,
            "POST https://slack.com /api/chat.postMessage",
            #"{"channel":"C1","text":"hi","thread_ts":"1.2"}"#
        ),
        (
            "google", #"{"action":"list_events","limit":3}"#,
            "GET https://www.googleapis.com /calendar/v3/calendars/primary/events?maxResults=3", nil
        ),
        (
            "gmail", #"{"path":"/gmail/v1/users/me/messages?q=is:unread"}"#,
            "GET https://gmail.googleapis.com /gmail/v1/users/me/messages?q=is%3Aunread", nil
        ),
        ("discord", #"{"path":"/users/@me/guilds"}"#, "GET https://discord.com /api/v10/users/@me/guilds", nil),
    ])
    func agentsCall_isTheVendorsRequest(domain: String, body: String, line: String, sent: String?) throws {
        let (provider, part) = try #require(BuiltInProviders.table.domain(domainName(domain)))
        let facts = AccountFacts([FormPair("instance_url", "https://acme.my.salesforce.com")])
        let kind = try #require(provider.auth.first).kind
        let credential = try #require(provider.placement(of: kind)).presented(.secret(SecretText("k-1")))
        let call = try Array(body.utf8).withUnsafeBytes { try AgentCall.read($0, for: part, of: provider) }
        let request = try provider.request(for: call, in: part, facts: facts, credential: credential)
        #expect(request.wire[0] == line)
        #expect(request.body?.text == sent)
    }

    /// What the built-in definitions keep agents from.
    @Test(arguments: [
        ("anthropic", "POST", "/v1/organizations/invites"), ("openrouter", "POST", "/keys"),
        ("google", "DELETE", "/drive/v3/files/x"),
        ("google", "POST", "/drive/v3/files"), ("github", "DELETE", "/repos/a/b"),
        ("github", "PUT", "/repos/a/b/contents/x"),
        ("slack", "POST", "/admin.users.remove"), ("discord", "DELETE", "/guilds/1"),
        ("hubspot", "DELETE", "/crm/v3/objects/contacts/1"),
        ("salesforce", "DELETE", "/sobjects/Account/1"), ("salesforce", "POST", "/tooling/executeAnonymous"),
        ("telegram-bot", "POST", "/setWebhook"), ("telegram-bot", "POST", "/logOut"),
        ("gmail", "POST", "/gmail/v1/users/me/messages/send"),
    ])
    func otherRequests_areRefused(domain: String, method: String, path: String) throws {
        let (provider, part) = try #require(BuiltInProviders.table.domain(domainName(domain)))
        let body = Array(#"{"path":"\#(path)","method":"\#(method)"}"#.utf8)
        #expect(throws: AgentFailure.self) {
            try body.withUnsafeBytes { _ = try AgentCall.read($0, for: part, of: provider) }
        }
    }
}
