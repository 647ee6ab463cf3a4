// Token answers in the shapes that vendors document, with made-up values, read by the built-in definitions.

import Connections
import Tenancy
import Testing

@testable import ProviderCatalog

@Suite struct VendorAnswerTests {
    private func read(
        _ id: String, _ body: String, status: Int = 200, type: String = "application/json; charset=utf-8"
    ) -> Result<TokenGrant, TokenRefusal> {
        do throws(TokenRefusal) {
            return .success(
                try TokenAnswer.read(
                    status: status, contentType: type, body: Array(body.utf8), from: BuiltInProviders.named(id),
                    hiding: []))
        } catch {
            return .failure(error)
        }
    }

    private func refused(_ id: String, _ body: String, status: Int) -> TokenRefusal.Kind? {
        if case .failure(let refusal) = read(id, body, status: status) { refusal.kind } else { nil }
    }

    /// The first grant has a refresh token; answers to refreshes, and later grants without prompt=consent, have none.
    @Test func O02_google() throws {
        let first = try read(
            "google",
            """
            {
              "access_token": "ya29.a0Af",
              "expires_in": 3599,
              "refresh_token": "1//0gk",
              "scope": "openid https://www.googleapis.com/auth/drive.readonly",
              "token_type": "Bearer",
              "id_token": "eyJ.eyJ.c2ln"
            }
            """
        ).get()
        #expect(first.refreshToken?.text == "1//0gk")
        #expect(first.lifetime == .number("3599"))
        #expect(first.scopes == ["openid", "https://www.googleapis.com/auth/drive.readonly"])
        let later = try read(
            "google", #"{"access_token":"ya29.b","expires_in":3599,"scope":"openid","token_type":"Bearer"}"#
        ).get()
        #expect(later.refreshToken == nil)
        let revoked = #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#
        #expect(refused("google", revoked, status: 400) == .invalidGrant)
        #expect(
            refused("google", #"{"error":"invalid_client","error_description":"Unauthorized"}"#, status: 401)
                == .invalidClient)
        #expect(refused("google", #"{"error":"internal_failure"}"#, status: 500) == .temporary)
    }

    /// A form unless JSON is asked for; no lifetime for OAuth apps; errors with status 200.
    @Test func gitHub() throws {
        let form = try read(
            "github", "access_token=gho_16C7&scope=repo%2Cgist&token_type=bearer",
            type: "application/x-www-form-urlencoded; charset=utf-8"
        ).get()
        #expect(form.accessToken.text == "gho_16C7")
        #expect(form.scopes == ["repo", "gist"])
        #expect(form.lifetime == .missing && form.refreshToken == nil)
        let app = try read(
            "github",
            #"{"access_token":"ghu_x","expires_in":28800,"refresh_token":"ghr_y","refresh_token_expires_in""#
                + #":15897600,"scope":"","token_type":"bearer"}"#
        ).get()
        #expect(app.refreshToken?.text == "ghr_y")
        #expect(app.lifetime == .number("28800"))
        #expect(app.scopes == [])
        let code =
            #"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired"#
            + #".","error_uri":"/apps"}"#
        #expect(refused("github", code, status: 200) == .invalidGrant)
        #expect(refused("github", #"{"error":"bad_refresh_token"}"#, status: 200) == .invalidGrant)
        #expect(refused("github", #"{"error":"incorrect_client_credentials"}"#, status: 200) == .invalidClient)
        let formError = read(
            "github", "error=bad_refresh_token&error_description=x", type: "application/x-www-form-urlencoded")
        #expect(
            formError
                == .failure(
                    TokenRefusal(
                        kind: .invalidGrant, status: 200, code: "bad_refresh_token", text: "bad_refresh_token: x")))
    }

    /// The bot's token at the top; status 200 whatever happened; a lifetime only with token rotation.
    @Test func slack() throws {
        let plain = try read(
            "slack",
            """
            {"ok":true,"access_token":"xoxb-1","token_type":"bot","scope":"commands,incoming-webhook",
             "bot_user_id":"U0KRQLJ9H",
             "app_id":"A0KRD7HC3","team":{"name":"Softball","id":"T9TK3CUKW"},"enterprise":null,
             "authed_user":{"id":"U1234","scope":"chat:write","access_token":"xoxp-1234","token_type":"user"}}
            """
        ).get()
        #expect(plain.accessToken.text == "xoxb-1")
        #expect(plain.scopes == ["commands", "incoming-webhook"])
        #expect(plain.lifetime == .missing)
        let rotated = try read(
            "slack",
            #"{"ok":true,"access_token":"xoxe.xoxb-1-a","expires_in":43200,"refresh_token":"xoxe-1-b","toke"#
                + #"n_type":"bot","app_id":"A"}"#
        ).get()
        #expect(rotated.refreshToken?.text == "xoxe-1-b")
        #expect(rotated.lifetime == .number("43200"))
        for (code, kind) in [
            ("invalid_refresh_token", TokenRefusal.Kind.invalidGrant), ("invalid_code", .invalidGrant),
            ("code_already_used", .invalidGrant),
            ("bad_client_secret", .invalidClient), ("internal_error", .temporary), ("ratelimited", .temporary),
            ("new_word", .temporary),
        ] {
            #expect(refused("slack", #"{"ok":false,"error":"\#(code)"}"#, status: 200) == kind, "\(code)")
        }
    }

    @Test func discord() throws {
        let grant = try read(
            "discord",
            #"{"access_token":"6qrZc","token_type":"Bearer","expires_in":604800,"refresh_token":"D43f5","sc"#
                + #"ope":"identify guilds"}"#
        ).get()
        #expect(grant.lifetime == .number("604800"))
        #expect(grant.scopes == ["identify", "guilds"])
        #expect(refused("discord", #"{"error": "invalid_grant"}"#, status: 400) == .invalidGrant)
        #expect(
            refused("discord", #"{"message": "You are being rate limited.", "retry_after": 1.2}"#, status: 429)
                == .temporary)
    }

    /// The answer repeats the refresh token; errors have HubSpot's own members beside those of the RFC.
    @Test func hubSpot() throws {
        let grant = try read(
            "hubspot",
            """
            {"token_use":"access_token","token_type":"bearer","refresh_token":"na1-2","access_token":"CJSP5q",
             "expires_in":1800,
             "hub_id":123,"scopes":["oauth","crm.objects.contacts.read"],"user_id":7}
            """
        ).get()
        #expect(grant.refreshToken?.text == "na1-2")
        #expect(grant.lifetime == .number("1800"))
        #expect(grant.scopes == ["oauth", "crm.objects.contacts.read"])
        let error =
            #"{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token","error":"invalid_g"#
            + #"rant","error_description":"missing"}"#
        #expect(refused("hubspot", error, status: 400) == .invalidGrant)
        #expect(
            refused("hubspot", #"{"category":"VALIDATION_ERROR","message":"Invalid input"}"#, status: 400) == .temporary
        )
    }

    /// No lifetime; the address of the org; issued_at is when, in milliseconds, and not until when.
    @Test func O06_salesforce() throws {
        func answer(_ url: String) -> String {
            """
            {"access_token":"00DB0!AR8AQ","refresh_token":"5Aep8","signature":"bd2=","scope":"refresh_token api",
             "instance_url":"\(url)",
             "id":"https://login.salesforce.com/id/00DB0/005B0","token_type":"Bearer","issued_at":"1558553873237"}
            """
        }
        let grant = try read("salesforce", answer("https://acme--dev.sandbox.my.salesforce.com")).get()
        #expect(grant.lifetime == .missing && grant.end == .missing)
        #expect(grant.facts["instance_url"] == "https://acme--dev.sandbox.my.salesforce.com")
        #expect(grant.facts["identity_url"] == "https://login.salesforce.com/id/00DB0/005B0")
        for url in [
            "https://evil.example", "https://salesforce.com.evil.example", "https://evilsalesforce.com",
            "http://a.salesforce.com",
        ] {
            guard case .failure(let refusal) = read("salesforce", answer(url)) else {
                Issue.record("\(url) is taken")
                continue
            }
            #expect(refusal.kind == .malformed)
        }
        let expired = #"{"error":"invalid_grant","error_description":"expired access/refresh token"}"#
        #expect(refused("salesforce", expired, status: 400) == .invalidGrant)
        #expect(
            refused(
                "salesforce", #"{"error":"invalid_client_id","error_description":"client identifier invalid"}"#,
                status: 400) == .invalidClient)
        #expect(refused("salesforce", #"{"error":"rate_limit_exceeded"}"#, status: 400) == .temporary)
    }

    /// Cut anywhere, no vendor's answer grants anything.
    @Test func answers_cutAnywhere_grantNothing() {
        for (id, body) in [
            ("google", #"{"access_token":"ya29.a","expires_in":3599,"refresh_token":"1//0g","token_type":"Bearer"}"#),
            ("slack", #"{"ok":true,"access_token":"xoxb-1","token_type":"bot","authed_user":{"id":"U1"}}"#),
            (
                "salesforce",
                #"{"access_token":"a","instance_url":"https://a.salesforce.com","id":"x","token_type":"Bearer"}"#
            ),
        ] {
            for end in 0..<body.utf8.count {
                let cut = String(decoding: body.utf8.prefix(end), as: UTF8.self)
                guard case .success = read(id, cut) else { continue }
                Issue.record("\(id) cut at \(end)")
            }
        }
    }
}
