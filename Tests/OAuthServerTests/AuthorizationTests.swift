// Authorization requests: what is agreed to, what is refused on a page, and what with a redirect.

import Connections
import JSON
import OAuthServer
import Support
import Tenancy
import Testing

@Suite struct AuthorizationTests {
    @Test func goodRequest_givesTheCodeToTheRegisteredAddress() throws {
        let request = try Flow.request(Flow.query())
        let location = request.granted(Flow.code(0xAB))
        #expect(location.hasPrefix("https://client.example/back?x=1&code=abab"))
        #expect(location.hasSuffix("&state=s%20t&iss=https%3A%2F%2Fweir.example"))
        #expect(!"\(Flow.code(0xAB))".contains("abab"))
    }

    @Test func scopeStateAndResource_mayBeLeftOut() throws {
        let request = try Flow.request(Flow.query(["scope": "", "state": "", "resource": ""]))
        #expect(!request.granted(Flow.code()).contains("state="))
    }

    @Test(arguments: ["https://weir.example", "https://weir.example/", "https://weir.example/mcp/"])
    func resource_isTheServerOrItsEndpoint(resource: String) throws {
        _ = try Flow.request(Flow.query(["resource": resource]))
    }

    @Test(arguments: [
        "", "https://client.example/back", "https://client.example/back?x=2", "https://client.example/back?x=1&y",
        "https://evil.example/back?x=1", "https://client.example.evil.example/back?x=1",
        "http://client.example/back?x=1",
        "HTTPS://client.example/back?x=1",
    ])
    func otherAddress_isRefusedOnAPage(address: String) throws {
        let query = Flow.query(["redirect_uri": address])
        #expect { try Flow.request(query) } throws: { error in
            if case .page = error as? AuthorizationRefusal { true } else { false }
        }
    }

    @Test func addressGivenTwice_isRefusedOnAPage() {
        let query = Flow.query() + "&redirect_uri=https%3A%2F%2Fclient.example%2Fback%3Fx%3D1"
        #expect { try Flow.request(query) } throws: { error in
            if case .page = error as? AuthorizationRefusal { true } else { false }
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", true),
        ("http://localhost:1/cb", "http://localhost:2/cb", true),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234/other", false),
        ("http://127.0.0.1/cb", "http://localhost:51234/cb", false),
        ("https://localhost:1/cb", "https://localhost:2/cb", false),
        ("http://127.0.0.1/cb", "https://127.0.0.1:5/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:5/cb?a", false),
    ])
    func programsOnTheMachine_mayTakeAnotherPort_andNothingElse(registered: String, asked: String, isGood: Bool) {
        let request = try? Flow.request(Flow.query(["redirect_uri": asked]), Flow.client([registered]))
        #expect((request != nil) == isGood)
    }

    @Test(arguments: [
        ("response_type", "token", "unsupported_response_type"), ("response_type", "", "unsupported_response_type"),
        ("code_challenge", "", "invalid_request"), ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"), ("code_challenge", "short", "invalid_request"),
        ("code_challenge", String(repeating: "+", count: 43), "invalid_request"),
        ("scope", "agent keys", "invalid_scope"), ("resource", "https://other.example/mcp", "invalid_target"),
        ("state", String(repeating: "s", count: 4097), "invalid_request"),
    ])
    func otherMistakes_areTheClientsToKnow(name: String, value: String, code: String) throws {
        let query = Flow.query([name: value])
        #expect { try Flow.request(query) } throws: { error in
            guard case .redirect(let location, _) = error as? AuthorizationRefusal else { return false }
            return location.hasPrefix("https://client.example/back?x=1&error=\(code)&") && location.contains("&iss=")
        }
    }

    @Test func parameterGivenTwice_isTheClientsToKnow() {
        let query = Flow.query() + "&code_challenge=x"
        #expect { try Flow.request(query) } throws: { error in
            guard case .redirect(let location, _) = error as? AuthorizationRefusal else { return false }
            return location.contains("error=invalid_request")
        }
        #expect(try! Flow.parameters("client_id=\(Flow.client().id)&client_id=\(Flow.client().id)").client == nil)
    }

    @Test func denial_isTold() throws {
        let location = try Flow.request(Flow.query()).refused(OAuthProblem(.accessDenied, "no"))
        #expect(location.contains("error=access_denied") && location.contains("state=s%20t"))
    }

    /// Whatever a query says, a redirect goes to the registered address or nowhere.
    @Test func damagedQueries_neverRedirectElsewhere() throws {
        var random = SeededRandom.forTest()
        let good = Array(Flow.query().utf8)
        var redirects = 0
        for round in 0..<4000 {
            var bytes = good
            for _ in 0...(round % 3) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let parameters = try? OAuthParameters(bytes) else { continue }
            do throws(AuthorizationRefusal) {
                _ = try AuthorizationRequest(parameters, from: Flow.client(), at: Flow.server)
            } catch {
                guard case .redirect(let location, _) = error else { continue }
                redirects += 1
                #expect(location.hasPrefix("https://client.example/back?x=1&"), "seed \(random.seed)")
                #expect(location.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "seed \(random.seed)")
            }
        }
        #expect(redirects > 10, "seed \(random.seed)")
    }

    @Test func metadata_namesEverythingBelowTheIssuer() throws {
        let server = try Flow.json(Flow.server.authorizationServer)
        #expect(server["issuer"] == .string("https://weir.example"))
        #expect(server["token_endpoint"] == .string("https://weir.example/oauth/token"))
        #expect(server["code_challenge_methods_supported"] == .array([.string("S256")]))
        let resource = try Flow.json(Flow.server.protectedResource)
        #expect(resource["resource"] == .string("https://weir.example/mcp"))
        #expect(resource["authorization_servers"] == .array([.string("https://weir.example")]))
    }
}
