// What is sent to token and revocation endpoints, byte by byte.

import Testing

@testable import Connections

@Suite struct TokenRequestTests {
    private static let code = TokenGrantRequest.authorizationCode(
        SecretText("4/0A+b"), redirectURI: "https://weir.example/cb",
        verifier: CodeVerifier(random: Array(repeating: 0, count: 32)))
    private static let zeros = String(repeating: "A", count: 43)
    private static let head = [
        "POST https://login.example.com /token", "accept: application/json", "user-agent: weir",
        "content-type: application/x-www-form-urlencoded", "",
    ]

    private func sent(
        _ grant: TokenGrantRequest, _ change: (inout OAuthDefinition) -> Void = { _ in }
    ) throws -> [String] {
        var oauth = Sample.oauth
        change(&oauth)
        return try oauth.tokenRequest(grant, client: Sample.client).wire
    }

    @Test func code_isExchanged() throws {
        let form =
            "grant_type=authorization_code&code=4%2F0A%2Bb&redirect_uri=https%3A%2F%2Fweir.example%2Fcb"
            + "&code_verifier=\(Self.zeros)&client_id=my+client&client_secret=p%3Aa%2Bs%2Fs%7E*"
        #expect(try sent(Self.code) == Self.head + [form])
    }

    @Test func code_isExchangedWithoutProofKey_whereNoneIsTaken() throws {
        #expect(try sent(Self.code) { $0.proofKey = .none }.last?.contains("code_verifier") == false)
    }

    @Test func refreshToken_isExchanged() throws {
        let form =
            "grant_type=refresh_token&refresh_token=1%2F%2Fr%3D&client_id=my+client&client_secret=p%3Aa%2Bs%2Fs%7E*"
        #expect(try sent(.refreshToken(SecretText("1//r="))) == Self.head + [form])
    }

    @Test func application_asksForItself() throws {
        let form =
            "grant_type=client_credentials&scope=a+b&audience=x%26y&client_id=my+client&client_secret=p%3Aa%2Bs%2Fs%7E*"
        let found = try sent(.clientCredentials(scopes: ["a", "b"])) {
            $0.tokenParameters = [FormPair("audience", "x&y")]
        }
        #expect(found == Self.head + [form])
        #expect(try sent(.clientCredentials(scopes: [])).last?.contains("scope") == false)
    }

    /// RFC 6749 §2.3.1: id and secret are form-encoded, then joined, then base 64: `my+client:p%3Aa%2Bs%2Fs%7E*`.
    @Test func basicProof_encodesBothFirst() throws {
        let found = try sent(.refreshToken(SecretText("r"))) { $0.clientAuthentication = .basic }
        #expect(found[3] == "authorization: Basic bXkrY2xpZW50OnAlM0FhJTJCcyUyRnMlN0Uq")
        #expect(found.last == "grant_type=refresh_token&refresh_token=r")
    }

    @Test func publicApplication_sendsItsIdAlone() throws {
        let found = try sent(.refreshToken(SecretText("r"))) { $0.clientAuthentication = .none }
        #expect(found == Self.head + ["grant_type=refresh_token&refresh_token=r&client_id=my+client"])
    }

    @Test(arguments: [OAuthDefinition.ClientAuthentication.basic, .body])
    func missingSecret_isSaid(style: OAuthDefinition.ClientAuthentication) throws {
        var oauth = Sample.oauth
        oauth.clientAuthentication = style
        let client = try #require(ClientRegistration(id: "a", secret: nil))
        #expect(throws: GrammarFault.self) { try oauth.tokenRequest(.refreshToken(SecretText("r")), client: client) }
    }

    @Test func request_isNotGuardedAndDoesNotPrint() throws {
        let request = try Sample.oauth.tokenRequest(Self.code, client: Sample.client)
        #expect(!request.isGuarded && request.timeout == .seconds(30))
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), "\([request])", dumped] {
            #expect(!text.contains("0A") && !text.contains("p:a") && !text.contains("/token"))
        }
    }

    // MARK: Revocation

    private func revoked(
        _ revocation: OAuthDefinition.Revocation, refreshToken: String? = "r",
        authentication: OAuthDefinition.ClientAuthentication = .body
    ) throws -> [String]? {
        var oauth = Sample.oauth
        (oauth.revocation, oauth.clientAuthentication) = (revocation, authentication)
        return try oauth.revocationRequest(
            accessToken: SecretText("a"), refreshToken: refreshToken.map { SecretText($0) }, client: Sample.client)?
            .wire
    }

    /// RFC 7009 §2.1.
    @Test func token_isRevokedWithTheApplicationsProof() throws {
        let url = Sample.template("https://login.example.com/token")
        let proof = "&client_id=my+client&client_secret=p%3Aa%2Bs%2Fs%7E*"
        #expect(try revoked(.init(url: url)) == Self.head + ["token=r&token_type_hint=refresh_token" + proof])
        #expect(try revoked(.init(url: url), refreshToken: nil)?.last == "token=a&token_type_hint=access_token" + proof)
        #expect(
            try revoked(.init(url: url, revokesRefreshToken: false))?.last == "token=a&token_type_hint=access_token"
                + proof)
    }

    @Test func token_isRevokedAsVendorsWantIt() throws {
        let url = Sample.template("https://login.example.com/token")
        #expect(try revoked(.init(url: url, style: .token)) == Self.head + ["token=r&token_type_hint=refresh_token"])
        let bearer = try revoked(.init(url: url, style: .bearer, revokesRefreshToken: false))
        #expect(bearer == Array(Self.head[0...2]) + ["authorization: Bearer a"])
        let grant = Sample.template("https://api.example.com/applications/{client_id}/grant")
        let json = try revoked(.init(method: .delete, url: grant, style: .json, revokesRefreshToken: false))
        #expect(
            json == [
                "DELETE https://api.example.com /applications/my%20client/grant", "accept: application/json",
                "user-agent: weir",
                "authorization: Basic bXkrY2xpZW50OnAlM0FhJTJCcyUyRnMlN0Uq", "content-type: application/json", "",
                #"{"access_token":"a"}"#,
            ])
    }

    @Test func providerWithoutRevocation_isNotAsked() throws {
        #expect(
            try Sample.oauth.revocationRequest(accessToken: SecretText("a"), refreshToken: nil, client: Sample.client)
                == nil)
    }
}
