// The OAuth flow up to the callback: proof keys, states, URLs and callbacks.

import Hashing
import Support
import Tenancy
import Testing

@testable import Connections

/// The digest that the module is given.
private func sha256(_ bytes: [UInt8]) -> [UInt8] { SHA256Digest(of: bytes).bytes }

@Suite struct ProofKeyTests {
    /// RFC 7636 appendix B.
    @Test func challenge_isThatOfTheRFC() {
        let octets: [UInt8] = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240,
            91, 88, 5, 88, 83, 132, 141, 121,
        ]
        let verifier = CodeVerifier(random: octets)
        #expect(verifier.secret.text == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(verifier.challenge(sha256) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        #expect(CodeVerifier(kept: verifier.secret) == verifier)
    }

    @Test(arguments: [42, 129])
    func verifierOfAnotherLength_isRefused(count: Int) {
        #expect(CodeVerifier(kept: SecretText(String(repeating: "a", count: count))) == nil)
        #expect(CodeVerifier(kept: SecretText(String(repeating: "+", count: 43))) == nil)
    }
}

@Suite struct FlowStateTests {
    @Test func state_hasOneForm() {
        let state = FlowState(random: Array(repeating: 0xFF, count: 32))
        #expect(state.secret.text == String(repeating: "_", count: 42) + "8")
        #expect(FlowState(state.secret.text) == state)
        #expect(state.digest(sha256).count == 32)
        for text in [
            "", "a", String(repeating: "a", count: 42), String(repeating: "a", count: 44),
            state.secret.text.dropLast() + "+",
        ] {
            #expect(FlowState(text) == nil)
        }
        #expect(!"\(state)".contains("___"))
    }
}

@Suite struct AuthorizationURLTests {
    private let state = FlowState(random: Array(repeating: 0, count: 32))
    private let zeros = String(repeating: "A", count: 43)

    @Test func url_holdsEverythingOnceAndEscaped() {
        var oauth = Sample.oauth
        oauth.authorizeParameters = [FormPair("access_type", "offline"), FormPair("prompt", "a b")]
        let url = oauth.authorizationURL(
            client: Sample.client, redirectURI: "https://weir.example/cb?x=1", scopes: ["read", "https://a.example/b"],
            state: state, challenge: "abc")
        #expect(
            url == "https://login.example.com/authorize?response_type=code&client_id=my%20client"
                + "&redirect_uri=https%3A%2F%2Fweir.example%2Fcb%3Fx%3D1&scope=read%20https%3A%2F%2Fa.exam"
                + "ple%2Fb&state=\(zeros)"
                + "&code_challenge=abc&code_challenge_method=S256&access_type=offline&prompt=a%20b")
    }

    @Test func url_leavesOutWhatTheProviderDoesNotTake() {
        var oauth = Sample.oauth
        (oauth.proofKey, oauth.scopeSeparator, oauth.scopeParameter) = (.none, ",", "user_scope")
        let url = oauth.authorizationURL(
            client: Sample.client, redirectURI: "https://w", scopes: ["a", "b"], state: state, challenge: "abc")
        #expect(url?.hasSuffix("&redirect_uri=https%3A%2F%2Fw&user_scope=a%2Cb&state=\(zeros)") == true)
        let bare = oauth.authorizationURL(
            client: Sample.client, redirectURI: "https://w", scopes: [], state: state, challenge: nil)
        #expect(bare?.contains("scope") == false)
        oauth.authorizeURL = nil
        #expect(
            oauth.authorizationURL(client: Sample.client, redirectURI: "", scopes: [], state: state, challenge: nil)
                == nil)
    }

    @Test func registration_hasAnIdThatCanBeSent() {
        #expect(ClientRegistration(id: "", secret: nil) == nil)
        #expect(ClientRegistration(id: "a\n", secret: nil) == nil)
        #expect(ClientRegistration(id: "a", secret: SecretText("b\n")) == nil)
        #expect(ClientRegistration(id: "a", secret: nil) != nil)
    }
}

@Suite struct CallbackTests {
    private let zeros = String(repeating: "A", count: 43)

    /// `nil` for what is no callback.
    private func outcome(
        _ query: String, _ oauth: OAuthDefinition = Sample.oauth
    ) -> Result<SecretText, CallbackFault>? {
        guard let query = try? CallbackQuery(query.utf8) else { return nil }
        func value(_ name: String) -> String { query.value(of: name) ?? "" }
        let answer = CallbackAnswer(code: SecretText(value("code")), error: value("error"), issuer: value("iss"))
        return Result { () throws(CallbackFault) in try answer.code(from: oauth) }
    }

    private func code(_ query: String, _ oauth: OAuthDefinition = Sample.oauth) -> SecretText? {
        try? outcome(query, oauth)?.get()
    }

    @Test func callback_bringsACode() throws {
        let query = "state=\(zeros)&code=4%2F0Ad%2Bx&scope=a+b&authuser=0"
        #expect(try CallbackQuery(query.utf8).state?.secret.text == zeros)
        #expect(outcome(query) == .success(SecretText("4/0Ad+x")))
    }

    @Test func callback_bringsARefusal() {
        #expect(outcome("error=access_denied") == .failure(.denied("access_denied")))
        #expect(outcome("error=The+user%0A%1bsaid+no&code=x") == .failure(.denied("The user said no")))
    }

    @Test(arguments: [
        "", "code=", "code=a%0ab", "code=%C3%A9", "code=a&code=a", "state=a&state=b&code=c", "error=a&error=b",
        "code=%zz",
        "code=" + String(repeating: "a", count: 4097), "code=a&x=" + String(repeating: "a", count: 8192),
    ])
    func callback_ofAnotherForm_isRefused(query: String) { #expect(code(query) == nil) }

    @Test func stateOfAnotherForm_isNone() throws {
        for query in ["code=a", "code=a&state=", "code=a&state=abc", "code=a&state=\(zeros)A"] {
            #expect(try CallbackQuery(query.utf8).state == nil)
        }
    }

    /// RFC 9207 §2.4.
    @Test func issuer_isComparedExactly() {
        var oauth = Sample.oauth
        oauth.issuer = "https://login.example.com"
        #expect(code("code=a", oauth) != nil)
        #expect(code("code=a&iss=https%3A%2F%2Flogin.example.com", oauth) != nil)
        #expect(code("code=a&iss=https%3A%2F%2Flogin.example.com%2F", oauth) == nil)
        let other = CallbackFault.otherIssuer(expected: "https://login.example.com")
        #expect(outcome("error=a&iss=https%3A%2F%2Fevil.example", oauth) == .failure(other), "before the error")
        oauth.requiresIssuer = true
        #expect(code("code=a", oauth) == nil)
        oauth.issuer = nil
        #expect(code("code=a&iss=x", oauth) != nil, "whoever has no issuer passes it over")
    }

    /// Cut everywhere, a callback is a shorter code or refused, and never a crash.
    @Test func callback_cutAnywhere_isReadOrRefused() {
        let query = "state=\(zeros)&code=4%2F0Ad%2Bx&iss=https%3A%2F%2Fa.example&error_description=%E2%82%AC"
        for end in 0...query.utf8.count {
            guard let code = code(String(query.utf8.prefix(end))!) else { continue }
            #expect("4/0Ad+x".hasPrefix(code.text))
        }
    }
}
