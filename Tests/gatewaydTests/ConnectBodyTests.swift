// Bodies of the routes about connected accounts: what they ask tokend for, and what is refused before that.

import Connections
import IPC
import NIOCore
import ProviderCatalog
import Tenancy
import Testing

@testable import gatewayd

@Suite struct ConnectBodyTests {
    private let providers = BuiltInProviders.table

    private func key(_ json: String) throws -> TokenPutRequest {
        try ConnectBody.key(ByteBuffer(string: json), of: TenantID("acme")!, providers, by: "key_1")
    }

    private func token(_ json: String, _ account: String = "acme/github/a") throws -> TokenPutRequest {
        try ConnectBody.token(ByteBuffer(string: json), AccountKey(account)!, providers, by: "admin")
    }

    private func seed(_ json: String) throws -> TokenPutRequest {
        try ConnectBody.seed(ByteBuffer(string: json), providers, by: "admin")
    }

    private func field(_ body: () throws -> TokenPutRequest) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? Refusal)?.field ?? "no field"
        }
    }

    @Test func key_isAskedForAsItWasGiven() throws {
        let request = try key(
            #"{"provider":"anthropic","account":"main","display_name":"Ours","api_key":"k-1","replace":true}"#)
        #expect(request.account == AccountKey("acme/anthropic/main"))
        #expect(request.kind == .apiKey && request.secret == SecretField("k-1") && request.label == "Ours")
        #expect(request.replace && request.source == "key_1" && request.user.isEmpty && request.metadata.isEmpty)
        let plain = try key(#"{"provider":"anthropic","api_key":"k-1"}"#)
        #expect(plain.account.account.text == "default" && !plain.replace && plain.label.isEmpty)
    }

    @Test func account_mayBeTheDefaultAtEveryProvider() throws {
        for value in [#""true""#, "true"] {
            let request = try key(#"{"provider":"anthropic","api_key":"k-1","default":\#(value)}"#)
            #expect(request.metadata == [MetadataField(name: "default", value: "true")])
        }
        #expect(field { try key(#"{"provider":"anthropic","api_key":"k-1","default":"yes"}"#) } == "default")
    }

    @Test func kind_isTheOnlyOneThatFitsOrTheOneThatIsNamed() throws {
        #expect(try key(#"{"provider":"telegram-bot","api_key":"1:x"}"#).kind == .botToken)
        #expect(try key(#"{"provider":"slack","api_key":"x","kind":"bot_token"}"#).kind == .botToken)
        let basic = try key(#"{"provider":"custom","user":"u","password":"p","base_url":"https://x.example"}"#)
        #expect(basic.kind == .basic && basic.user == "u" && basic.secret == SecretField("p"))
        #expect(basic.metadata == [MetadataField(name: "base_url", value: "https://x.example")])
        #expect(field { try key(#"{"provider":"slack","api_key":"x","kind":"api_key"}"#) } == "kind")
        #expect(field { try key(#"{"provider":"google","api_key":"x"}"#) } == "kind")
        #expect(field { try key(#"{"provider":"anthropic","user":"u","password":"p"}"#) } == "kind")
    }

    @Test(arguments: [
        (#"{"provider":"anthropic"}"#, "api_key"), (#"{"api_key":"k"}"#, "provider"),
        (#"{"provider":"nobody","api_key":"k"}"#, "provider"), (#"{"provider":7,"api_key":"k"}"#, "provider"),
        (#"{"provider":"anthropic","api_key":"k","api_key":"k"}"#, "api_key"),
        (#"{"provider":"anthropic","api_key":"k","account":"a b"}"#, "account"),
        (#"{"provider":"anthropic","api_key":"k","account":".."}"#, "account"),
        (#"{"provider":"anthropic","api_key":"k","replace":"yes"}"#, "replace"),
        (#"{"provider":"anthropic","api_key":"k","region":"eu"}"#, "region"),
        (#"{"provider":"anthropic","api_key":"k","region":1}"#, "region"),
        (#"{"provider":"custom","api_key":"k"}"#, "base_url"),
        (#"{"provider":"custom","api_key":"k","base_url":"x"}"#, "base_url"),
        (#"{"provider":"custom","api_key":"k","password":"p","base_url":"https://x.example"}"#, "password"),
    ])
    func mistake_isNamed(json: String, field name: String) {
        #expect(field { try key(json) } == name)
    }

    @Test(arguments: ["", "[]", "null", "{", "{}x", "\u{FF}"])
    func whatIsNoObject_isRefused(_ json: String) {
        #expect(field { try key(json) } == "no field")
    }

    /// Cut anywhere, a body is no body; nothing is taken from its beginning.
    @Test func body_cutAnywhere_isRefused() {
        let json = #"{"provider":"anthropic","account":"main","display_name":"ü","api_key":"k-1"}"#
        for count in 0..<json.utf8.count {
            #expect(throws: Refusal.self) {
                try ConnectBody.key(
                    ByteBuffer(bytes: Array(json.utf8.prefix(count))), of: TenantID("acme")!, providers, by: "x")
            }
        }
    }

    @Test func refusal_repeatsNoSecret() {
        for json in [
            #"{"provider":"anthropic","api_key":"hunter2\n"}"#, #"{"provider":"google","api_key":"hunter2"}"#,
            #"{"provider":"anthropic","api_key":"hunter2","password":"hunter2"}"#,
        ] {
            do {
                _ = try key(json)
                Issue.record("\(json) is taken")
            } catch {
                #expect(!"\(error)".contains("hunter2"))
            }
        }
    }

    @Test func token_isAnAccessTokenWhereThatIsPossible() throws {
        let request = try token(#"{"access_token":"t","expires_at":1900000000,"token_type":"Bearer"}"#)
        #expect(request.kind == .oauth && request.secret == SecretField("t") && request.replace)
        #expect(request.expiresAt == UnixMillis(1_900_000_000_000) && request.refreshToken.isEmpty)
        #expect(try token(#"{"access_token":"t"}"#, "acme/anthropic/a").kind == .apiKey)
        #expect(try token(#"{"access_token":"t","kind":"api_key"}"#).kind == .apiKey)
        #expect(field { try token(#"{"expires_at":1}"#) } == "access_token")
        #expect(field { try token(#"{"access_token":"t","expires_at":1900000000000}"#) } == "expires_at")
        #expect(field { try token(#"{"access_token":"t","expires_at":1.5}"#) } == "expires_at")
        #expect(field { try token(#"{"access_token":"t","token_type":"mac"}"#) } == "token_type")
    }

    @Test func operator_namesWhatElseTheVendorWouldHaveTold() throws {
        let there = #""instance_url":"https://acme.my.salesforce.com""#
        let fact = MetadataField(name: "instance_url", value: "https://acme.my.salesforce.com")
        #expect(try token("{\"access_token\":\"t\",\(there)}", "acme/salesforce/a").metadata == [fact])
        #expect(field { try token(#"{"access_token":"t"}"#, "acme/salesforce/a") } == "instance_url")
        let elsewhere = #"{"access_token":"t","instance_url":"https://evil.example"}"#
        #expect(field { try token(elsewhere, "acme/salesforce/a") } == "instance_url")
        let grant = #""tenant_id":"acme","provider":"salesforce","refresh_token":"r""#
        #expect(try seed("{\(grant),\(there)}").metadata == [fact])
        #expect(try seed("{\(grant)}").metadata.isEmpty, "the answer of the token endpoint has it")
        // A tenant names its own fields alone.
        let bot = #"{"provider":"slack","kind":"bot_token","api_key":"k","team_id":"T1"}"#
        #expect(field { try key(bot) } == "team_id")
    }

    @Test func seed_isAGrantWithItsClient() throws {
        let request = try seed(
            """
            {"tenant_id":"acme","provider":"github","account_id":"a","client_id":"c","client_secret":"s",
            "token_endpoint":"https://sso.example/token","refresh_token":"r"}
            """)
        #expect(request.account == AccountKey("acme/github/a") && request.kind == .oauth && request.replace)
        #expect(request.clientID == "c" && request.clientSecret == SecretField("s") && request.secret.isEmpty)
        #expect(request.tokenEndpoint == "https://sso.example/token" && request.refreshToken == SecretField("r"))
        let own = providers[ProviderID("github")!]?.oauth?.tokenURL.description ?? ""
        let plain = try seed(
            #"{"tenant_id":"acme","provider":"github","refresh_token":"r","token_endpoint":"\#(own)"}"#)
        #expect(plain.tokenEndpoint.isEmpty && plain.account.account.text == "default")
        #expect(field { try seed(#"{"tenant_id":"acme","provider":"github"}"#) } == "refresh_token")
        #expect(field { try seed(#"{"provider":"github","refresh_token":"r"}"#) } == "tenant_id")
    }
}
