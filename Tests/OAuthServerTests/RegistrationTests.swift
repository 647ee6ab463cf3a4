// What clients may register, and where their users may be sent.

import JSON
import OAuthServer
import Tenancy
import Testing

@Suite struct RegistrationTests {
    @Test(arguments: [
        "https://client.example/back", "https://client.example:8443/a/b?c=d", "http://127.0.0.1:3000/callback",
        "http://localhost/callback", "http://[::1]:80/x", "https://client.example",
    ])
    func httpsAndTheMachineItself_mayBeRegistered(text: String) {
        #expect(RedirectTarget(text)?.description == text)
    }

    @Test(arguments: [
        "", "client.example", "http://client.example/back", "http://127.0.0.1.client.example/", "javascript:alert(1)",
        "data:text/html,x", "https://user@client.example/", "https://client.example/#part", "https://client.example/ä",
        "https://client.example/a b", "https://client.example/\r\nx", "https://", "http://localhost.evil.example/",
        "myapp://callback", "https://client.example/../x", "https://client.example\\@evil.example/", "//client.example",
    ])
    func everythingElse_mayNot(text: String) { #expect(RedirectTarget(text) == nil) }

    private func read(_ text: String) throws(OAuthProblem) -> ClientWish {
        let result: Result<ClientWish, OAuthProblem> = Array(text.utf8).withUnsafeBytes { bytes in
            do throws(OAuthProblem) { return .success(try ClientWish(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    @Test func registration_isAnsweredWithWhatWasTaken() throws {
        let wish = try read(
            #"{"redirect_uris":["http://127.0.0.1/cb"],"client_name":"Editor","token_endpoint_auth_method":"#
                + #""client_secret_post","grant_types":["authorization_code","refresh_token"],"#
                + #""response_types":["code"],"scope":"everything","logo_uri":"x"}"#)
        let client = PublicClient(
            id: ClientID(random: Array(0..<16)), wish: wish, registeredAt: UnixMillis(1_700_000_000_999))
        let answer = try Flow.json(client.registration)
        #expect(answer["client_id"] == .string("mcp_000102030405060708090a0b0c0d0e0f"))
        #expect(ClientID(client.id.text) == client.id)
        #expect(answer["client_id_issued_at"] == .integer(1_700_000_000))
        #expect(answer["redirect_uris"] == .array([.string("http://127.0.0.1/cb")]))
        #expect(answer["token_endpoint_auth_method"] == .string("none"))
        #expect(answer["grant_types"] == .array([.string("authorization_code")]))
        #expect(answer["client_secret"] == nil)
        #expect(client.keyName == "mcp: Editor")
    }

    @Test(arguments: [
        ("", "invalid_client_metadata"), ("[]", "invalid_client_metadata"), ("{}", "invalid_redirect_uri"),
        (#"{"redirect_uris":[]}"#, "invalid_redirect_uri"), (#"{"redirect_uris":[7]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["http://client.example"]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["https://a.example"],"client_name":7}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://a.example"],"client_name":"a\nb"}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://a.example"],"client_name":"a\u202eb"}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://a.example"],"grant_types":["implicit"]}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://a.example"],"response_types":["token"]}"#, "invalid_client_metadata"),
    ])
    func whatCannotBeTaken_isRefusedByItsCode(text: String, code: String) {
        do {
            _ = try read(text)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.code.rawValue == code && error.status == 400)
        }
    }

    @Test func redirects_haveABound_andNamesAreCut() throws {
        let nine = (0..<9).map { #""https://c\#($0).example""# }.joined(separator: ",")
        #expect(throws: OAuthProblem.self) { try read(#"{"redirect_uris":[\#(nine)]}"#) }
        let name = String(repeating: "é", count: 60)
        let wish = try read(#"{"redirect_uris":["https://a.example"],"client_name":"\#(name)"}"#)
        #expect(wish.name == String(repeating: "é", count: 28))
        #expect(try read(#"{"redirect_uris":["https://a.example"],"client_name":" "}"#).name == "MCP client")
    }

    @Test(arguments: [
        "", "mcp_", "mcp_0001", "mcp_000102030405060708090a0b0c0d0e0F", "xyz_000102030405060708090a0b0c0d0e0f",
    ])
    func namesOfOtherForms_areNoClients(text: String) { #expect(ClientID(text) == nil) }

    @Test func peersWindows_letFiveThroughAnHour_eachPeerOnItsOwn() {
        var windows = PeerWindows.registrations
        for _ in 0..<5 { #expect(windows.refusal(of: "a", now: UnixMillis(1000)) == nil) }
        #expect(windows.refusal(of: "a", now: UnixMillis(1000)) == 3600)
        #expect(windows.refusal(of: "a", now: UnixMillis(3_600_999)) == 1)
        #expect(windows.refusal(of: "b", now: UnixMillis(1000)) == nil)
        #expect(windows.refusal(of: "a", now: UnixMillis(3_601_000)) == nil)
    }

    @Test func floodOfPeers_keepsNobodyOut_andPushesOutThoseThatCameFirst() {
        var windows = PeerWindows(most: 1, millis: 1_000_000)
        for peer in 0..<PeerWindows.mostPeers {
            #expect(windows.refusal(of: "\(peer)", now: UnixMillis(Int64(peer))) == nil)
        }
        let now = UnixMillis(Int64(PeerWindows.mostPeers))
        #expect(windows.refusal(of: "new", now: now) == nil)
        #expect(windows.refusal(of: "new", now: now) != nil)
        #expect(windows.refusal(of: "\(PeerWindows.mostPeers / 10)", now: now) != nil)
        #expect(windows.refusal(of: "\(PeerWindows.mostPeers / 10 - 1)", now: now) == nil)
    }
}
