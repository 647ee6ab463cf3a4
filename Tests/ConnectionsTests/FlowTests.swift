// The OAuth flow up to the callback: proof keys, states, the flows that wait, URLs and callbacks.

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

@Suite struct PendingConnectionsTests {
    private let state = Array(repeating: UInt8(1), count: 32)
    private let session = Array(repeating: UInt8(2), count: 32)

    private func flow(at millis: Int64 = 0, session: [UInt8]? = nil, account: String = "main") -> PendingConnection {
        PendingConnection(
            key: AccountKey(tenant: Sample.tenant, provider: Sample.id, account: Sample.account(account)),
            sessionDigest: session ?? self.session, verifier: nil, redirectURI: "https://weir.example/cb",
            scopes: ["a"],
            startedAt: UnixMillis(millis))
    }

    private func taken(
        _ pending: inout PendingConnections, state: [UInt8]? = nil, provider: ProviderID = Sample.id,
        session: [UInt8]? = nil, at millis: Int64 = 0
    ) -> Result<PendingConnection, FlowRefusal> {
        do throws(FlowRefusal) {
            return .success(
                try pending.take(
                    state: state ?? self.state, provider: provider, sessionDigest: session ?? self.session,
                    now: UnixMillis(millis)))
        } catch {
            return .failure(error)
        }
    }

    @Test func state_isGoodOnce() {
        var pending = PendingConnections()
        pending.begin(flow(), state: state)
        #expect(taken(&pending) == .success(flow()))
        #expect(taken(&pending) == .failure(.unknownState))
        #expect(pending.count == 0)
    }

    @Test func state_thatComesFromElsewhere_endsToo() throws {
        let other = try #require(ProviderID("other"))
        for (refusal, take) in [
            (FlowRefusal.otherSession, { (p: inout PendingConnections) in self.taken(&p, session: [9]) }),
            (.otherProvider, { (p: inout PendingConnections) in self.taken(&p, provider: other) }),
            (.expired, { (p: inout PendingConnections) in self.taken(&p, at: 600_001) }),
        ] {
            var pending = PendingConnections()
            pending.begin(flow(), state: state)
            #expect(take(&pending) == .failure(refusal))
            #expect(taken(&pending) == .failure(.unknownState), "\(refusal)")
        }
    }

    @Test func refusals_comeInTheirOrder() throws {
        let other = try #require(ProviderID("other"))
        var pending = PendingConnections()
        pending.begin(flow(), state: state)
        #expect(taken(&pending, provider: other, session: [9], at: 700_000) == .failure(.expired))
        pending.begin(flow(at: 700_000), state: state)
        #expect(taken(&pending, provider: other, session: [9], at: 700_000) == .failure(.otherSession))
        #expect(FlowRefusal.allCases == [.unknownState, .expired, .otherSession, .otherProvider])
    }

    @Test func flow_livesTenMinutes() {
        var pending = PendingConnections()
        pending.begin(flow(), state: state)
        #expect(taken(&pending, at: 600_000) == .success(flow()))
        pending.begin(flow(), state: state)
        pending.forget(before: UnixMillis(1))
        #expect(pending.count == 0)
    }

    @Test func session_hasFewFlows_andItsOldestEnds() {
        var pending = PendingConnections()
        for index in 0...PendingConnections.mostOfSession {
            pending.begin(flow(at: Int64(index)), state: [UInt8(index)])
        }
        #expect(pending.count == PendingConnections.mostOfSession)
        #expect(taken(&pending, state: [0]) == .failure(.unknownState))
        #expect(taken(&pending, state: [1]) == .success(flow(at: 1)))
    }

    @Test func flows_areBounded_andTheOldestEnds() {
        var pending = PendingConnections()
        for index in 0..<3 * PendingConnections.most {
            let key = [UInt8(index >> 16 & 255), UInt8(index >> 8 & 255), UInt8(index & 255)]
            pending.begin(flow(session: key), state: key)
        }
        #expect(pending.count == PendingConnections.most)
        #expect(taken(&pending, state: [0, 0, 0], session: [0, 0, 0]) == .failure(.unknownState))
    }

    /// Against a list that is searched: begin, take and forget at random.
    @Test func flows_areThoseOfANaiveModel() throws {
        var random = SeededRandom.forTest()
        let seed = random.seed
        var pending = PendingConnections()
        var model: [(state: [UInt8], flow: PendingConnection)] = []
        var now: Int64 = 0
        for _ in 0..<20_000 {
            now += Int64.random(in: 0...20_000, using: &random)
            let state = [UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...3, using: &random)]
            let session = [UInt8.random(in: 0...20, using: &random)]
            model.removeAll { $0.flow.startedAt.value < now - 600_000 }
            if Bool.random(using: &random), !model.contains(where: { $0.state == state }) {
                let own = model.indices.filter { model[$0].flow.sessionDigest == session }
                if own.count >= PendingConnections.mostOfSession { model.remove(at: own[0]) }
                model.append((state, flow(at: now, session: session)))
                pending.begin(flow(at: now, session: session), state: state)
            } else {
                pending.forget(before: UnixMillis(now - 600_000))
                let known = model.firstIndex { $0.state == state }.map { model.remove(at: $0).flow }
                var right = Result<PendingConnection, FlowRefusal>.failure(.unknownState)
                if let known { right = known.sessionDigest == session ? .success(known) : .failure(.otherSession) }
                try #require(taken(&pending, state: state, session: session, at: now) == right, "seed \(seed)")
            }
            try #require(pending.count == model.count, "seed \(seed)")
        }
    }

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

    private func outcome(_ query: String, _ oauth: OAuthDefinition = Sample.oauth) -> CallbackQuery.Outcome? {
        try? CallbackQuery(query.utf8).outcome(for: oauth)
    }

    @Test func callback_bringsACode() throws {
        let query = "state=\(zeros)&code=4%2F0Ad%2Bx&scope=a+b&authuser=0"
        #expect(try CallbackQuery(query.utf8).state?.secret.text == zeros)
        #expect(outcome(query) == .code(SecretText("4/0Ad+x")))
    }

    @Test func callback_bringsARefusal() {
        #expect(outcome("error=access_denied") == .denied(code: "access_denied", text: "access_denied"))
        #expect(
            outcome("error=access_denied&error_description=The+user%0A%1bsaid+no&code=x")
                == .denied(code: "access_denied", text: "The user said no"))
    }

    @Test(arguments: [
        "", "code=", "code=a%0ab", "code=%C3%A9", "code=a&code=a", "state=a&state=b&code=c", "error=a&error=b",
        "code=%zz",
        "code=" + String(repeating: "a", count: 4097), "code=a&x=" + String(repeating: "a", count: 8192),
    ])
    func callback_ofAnotherForm_isRefused(query: String) { #expect(outcome(query) == nil) }

    @Test func stateOfAnotherForm_isNone() throws {
        for query in ["code=a", "code=a&state=", "code=a&state=abc", "code=a&state=\(zeros)A"] {
            #expect(try CallbackQuery(query.utf8).state == nil)
        }
    }

    /// RFC 9207 §2.4.
    @Test func issuer_isComparedExactly() {
        var oauth = Sample.oauth
        oauth.issuer = "https://login.example.com"
        #expect(outcome("code=a", oauth) != nil)
        #expect(outcome("code=a&iss=https%3A%2F%2Flogin.example.com", oauth) != nil)
        #expect(outcome("code=a&iss=https%3A%2F%2Flogin.example.com%2F", oauth) == nil)
        #expect(outcome("error=a&iss=https%3A%2F%2Fevil.example", oauth) == nil)
        oauth.requiresIssuer = true
        #expect(outcome("code=a", oauth) == nil)
        oauth.issuer = nil
        #expect(outcome("code=a&iss=x", oauth) != nil, "whoever has no issuer passes it over")
    }

    /// Cut everywhere, a callback is a shorter code or refused, and never a crash.
    @Test func callback_cutAnywhere_isReadOrRefused() {
        let query = "state=\(zeros)&code=4%2F0Ad%2Bx&iss=https%3A%2F%2Fa.example&error_description=%E2%82%AC"
        for end in 0...query.utf8.count {
            guard case .code(let code)? = outcome(String(query.utf8.prefix(end))!) else { continue }
            #expect("4/0Ad+x".hasPrefix(code.text))
        }
    }
}
