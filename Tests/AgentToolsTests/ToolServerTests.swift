// The protocol: initialize, ping, tools/list, tools/call, and what is none of them.

import AgentTools
import Connections
import JSON
import Tenancy
import Testing

@Suite struct ToolServerTests {
    @Test(arguments: [
        ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"), ("2099-01-01", "2025-11-25"), ("", "2025-11-25"),
    ])
    func initialize_agreesOnTheClientsRevisionOrOffersTheLatest(wanted: String, agreed: String) throws {
        let answer = try Ask.answer(
            "initialize", #"{"protocolVersion":"\#(wanted)","capabilities":{},"clientInfo":{"name":"c","version":"1"}}"#
        )
        #expect(answer["id"] == .integer(7))
        #expect(answer["result"]?["protocolVersion"] == .string(agreed))
        #expect(answer["result"]?["capabilities"]?["tools"] != nil)
        #expect(answer["result"]?["serverInfo"]?["name"] == .string("weir"))
        #expect(answer["result"]?["serverInfo"]?["version"] == .string("1.2.3"))
    }

    @Test func initializeWithoutRevision_isInvalid() throws {
        #expect(try Ask.answer("initialize")["error"]?["code"] == .integer(-32602))
    }

    @Test func ping_isAnsweredWithNothing() throws { #expect(try Ask.answer("ping")["result"] == .object([])) }

    @Test(arguments: ["resources/list", "prompts/list", "", "tools/List", "tools/call "])
    func otherMethods_areNotFound(method: String) throws {
        #expect(try Ask.answer(method)["error"]?["code"] == .integer(-32601))
    }

    @Test func notification_isNotAnswered_whateverItSays() throws {
        for method in ["notifications/initialized", "tools/call", "nonsense"] {
            guard case .silence = try Ask.step(#"{"jsonrpc":"2.0","method":"\#(method)"}"#) else {
                Issue.record("\(method) was answered")
                continue
            }
        }
    }

    @Test func list_hasTheThreeToolsWithSchemas_andNoFurtherPage() throws {
        let result = try Ask.answer("tools/list")["result"]
        let tools = result?["tools"]?.elements ?? []
        #expect(tools.map { $0["name"]?.string } == ["discover", "call-api", "batch"])
        for tool in tools {
            #expect(tool["inputSchema"]?["type"] == .string("object"))
            #expect(tool["inputSchema"]?["required"]?.elements?.contains(.string("rationale")) == true)
        }
        #expect(result?["nextCursor"] == nil)
        #expect(try Ask.answer("tools/list", #"{"cursor":"x"}"#)["error"]?["code"] == .integer(-32602))
        #expect(try Ask.answer("tools/list", #"{"cursor":null}"#)["error"] == nil)
    }

    @Test(arguments: ["{}", #"{"name":7}"#, #"{"name":"nope"}"#, "[]"])
    func toolThatIsNotThere_isInvalid(params: String) throws {
        #expect(try Ask.answer("tools/call", params)["error"]?["code"] == .integer(-32602))
    }

    // MARK: arguments

    @Test(arguments: ["discover", "call-api", "batch"], ["{}", #"{"rationale":" "}"#, #"{"rationale":null}"#])
    func toolWithoutRationale_isAFailureThatTheModelReads(tool: String, arguments: String) throws {
        #expect(try Ask.failure(tool, arguments).hasPrefix("rationale: missing"))
    }

    @Test func rationale_hasABound_andIsGivenOnce() throws {
        let long = String(repeating: "a", count: 1001)
        #expect(try Ask.failure("discover", #"{"rationale":"\#(long)"}"#).hasPrefix("rationale: expected text"))
        #expect(try Ask.failure("discover", #"{"rationale":"a","rationale":"b"}"#) == "rationale: given twice")
        #expect(try Ask.failure("discover", #"["rationale"]"#) == "arguments: expected an object")
    }

    @Test func call_hasTheMembersOfTheAgentAPIAsTheyWere() throws {
        let arguments =
            #"{"rationale":"see","domain":"acme","path":"/a","body":{"n":1.50,"n":2},"fields":["x"],"odd":[]}"#
        guard case .calls(let calls, .callAPI, let rationale) = try Ask.plan("call-api", arguments) else {
            Issue.record("no call")
            return
        }
        #expect(rationale == "see")
        #expect(calls.map(\.domain) == ["acme"])
        #expect(
            String(decoding: calls[0].body, as: UTF8.self)
                == #"{"path":"/a","body":{"n":1.50,"n":2},"fields":["x"],"odd":[]}"#)
    }

    @Test func callWithoutDomain_isAFailure() throws {
        #expect(try Ask.failure("call-api", #"{"rationale":"r","path":"/a"}"#).hasPrefix("domain: missing"))
        #expect(try Ask.failure("call-api", #"{"rationale":"r","domain":7}"#).hasPrefix("domain: expected text"))
    }

    @Test func batch_isUpToTenCallsInTheirOrder() throws {
        let ten = (0..<10).map { #"{"domain":"d\#($0)","path":"/"}"# }.joined(separator: ",")
        guard case .calls(let calls, .batch, "r") = try Ask.plan("batch", #"{"rationale":"r","calls":[\#(ten)]}"#)
        else {
            Issue.record("no batch")
            return
        }
        #expect(calls.map(\.domain) == (0..<10).map { "d\($0)" })
        let eleven = ten + #",{"domain":"d"}"#
        #expect(try Ask.failure("batch", #"{"rationale":"r","calls":[\#(eleven)]}"#).hasPrefix("calls: expected"))
        #expect(try Ask.failure("batch", #"{"rationale":"r","calls":[]}"#).hasPrefix("calls: expected"))
        #expect(try Ask.failure("batch", #"{"rationale":"r","calls":[1]}"#).hasPrefix("calls[0].call: expected"))
        let second = #"{"rationale":"r","calls":[{"domain":"a"},{"path":"/"}]}"#
        #expect(try Ask.failure("batch", second).hasPrefix("calls[1].domain: missing"))
        #expect(try Ask.failure("batch", #"{"rationale":"r","calls":[{"domain":"a"}],"x":1}"#).contains("unknown"))
    }

    // MARK: results

    @Test func result_isTextAndStructureAlike_andFailuresAreErrors() throws {
        let failed = AgentAnswer(AgentFailure(.tokenMissing, "no account"))
        let answer = try Ask.json(ToolResult([failed], of: .callAPI).answer(to: .integer(1)))
        let result = answer["result"]
        #expect(result?["isError"] == .boolean(true))
        #expect(result?["structuredContent"]?["code"] == .string("TOKEN_MISSING"))
        let text = result?["content"]?.elements?.first?["text"]?.string ?? ""
        #expect(try Ask.json(Array(text.utf8)) == result?["structuredContent"])
    }

    @Test func batchResult_isAFailureOnlyWhenEverythingFailed() throws {
        let bad = AgentAnswer(AgentFailure(.timeout, "slow"))
        let good = try Self.success()
        let mixed = ToolResult([bad, good], of: .batch)
        #expect(!mixed.isError)
        let body = try Ask.json(mixed.body)
        #expect(body["succeeded"] == .integer(1))
        #expect(body["results"]?.elements?.map { $0["success"] } == [.boolean(false), .boolean(true)])
        #expect(ToolResult([bad, bad], of: .batch).isError)
    }

    @Test func answerThatNobodyCanRead_isAFailureWithAnAdvice() throws {
        let large = try Self.success(String(repeating: "a", count: ToolResult.largest))
        let result = ToolResult([large], of: .callAPI)
        #expect(result.isError && result.body.count < 1000)
        #expect(String(decoding: result.body, as: UTF8.self).contains("fields"))
    }

    private static func success(_ text: String = "x") throws -> AgentAnswer {
        let provider = Sample.offer.provider
        let call = try Array(#"{"path":"/contacts/a"}"#.utf8).withUnsafeBytes {
            try AgentCall.read($0, for: provider.main, of: provider)
        }
        return Array("\"\(text)\"".utf8).withUnsafeBytes {
            AgentAnswer.of(
                status: 200, contentType: "application/json", body: $0, to: call, from: provider, hiding: [])
        }
    }

    // MARK: discover

    private func found(_ arguments: String) throws -> [JSONValue] {
        let params = #"{"name":"discover","arguments":\#(arguments)}"#
        return try Ask.answer("tools/call", params)["result"]?["structuredContent"]?["domains"]?.elements ?? []
    }

    @Test func discover_tellsDomainsAccountsPathsAndActions_ofConnectedProvidersOnly() throws {
        let domains = try found(#"{"rationale":"r"}"#)
        #expect(domains.map { $0["domain"]?.string } == ["acme", "acme-mail", "git"])
        let acme = domains[0]
        #expect(acme["accounts"]?.elements?.map { $0["account_id"]?.string } == ["work", "old"])
        #expect(acme["accounts"]?.elements?.map { $0["usable"] } == [.boolean(true), .boolean(false)])
        #expect(acme["accounts"]?.elements?.map { $0["facts"]?["login"]?.string } == ["octocat", nil])
        #expect(acme["paths"] == .array([.string("GET /contacts/**")]))
        #expect(acme["actions"]?.elements?.first?["request"] == .string("POST /{kind}/search"))
    }

    @Test func discover_givesTheSchemaOfEachParameter() throws {
        let action = try found(#"{"rationale":"r","domain":"acme"}"#)[0]["actions"]?.elements?.first
        let properties = action?["parameters"]?["properties"]
        #expect(properties?["kind"] == .object([.init("type", .string("string"))]))
        let limit = properties?["limit"]
        #expect(limit?["type"] == .string("integer") && limit?["maximum"] == .integer(100))
        #expect(limit?["default"] == .integer(20))
        #expect(properties?["archived"]?["default"] == .boolean(true))
        #expect(properties?["columns"]?["items"]?["type"] == .string("string"))
        #expect(properties?["filters"] == .object([]))
        #expect(action?["parameters"]?["required"] == .array([.string("kind")]))
    }

    @Test(arguments: [
        (#""domain":"acme-mail""#, ["acme-mail"]), (#""query":"ACME""#, ["acme", "acme-mail"]),
        (#""query":"find""#, ["acme"]), (#""query":"git""#, ["git"]), (#""query":"zzz""#, []),
        (#""domain":"none""#, []),
    ])
    func discover_findsByNameAndText(member: String, domains: [String]) throws {
        let found = try found(#"{"rationale":"r",\#(member)}"#)
        #expect(found.map { $0["domain"]?.string ?? "" } == domains)
    }

    @Test func discover_refusesWhatItDoesNotKnow() throws {
        #expect(try Ask.failure("discover", #"{"rationale":"r","name":"x"}"#).contains("unknown"))
    }

    @Test func discover_saysWhenNothingIsKnownYet() throws {
        let post = try Ask.post(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"discover","arguments":{"rationale":"r"}}}"#
        )
        guard case .tool(_, .done(let result, _)) = ToolServer(version: "", offers: nil).step(post.messages[0]) else {
            Issue.record("no result")
            return
        }
        #expect(result.isError)
        #expect(try Ask.json(result.body)["status"] == .integer(503))
    }

    @Test func discover_hasABound_andSaysHowManyMore() throws {
        let offers = (0..<25).map { index in
            ToolOffer(
                ProviderDefinition(
                    id: ProviderID("p\(index)")!, displayName: "P", baseURL: try! AddressTemplate("https://p.example"),
                    auth: [AuthRule(.apiKey, .bearer)]), [AccountOffer(AccountName("a")!)])
        }
        let post = try Ask.post(
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"discover","arguments":{"rationale":"r"}}}"#
        )
        guard case .tool(_, .done(let result, _)) = ToolServer(version: "", offers: offers).step(post.messages[0])
        else {
            Issue.record("no result")
            return
        }
        let body = try Ask.json(result.body)
        #expect(body["domains"]?.elements?.count == 20 && body["more"] == .integer(5))
    }
}
