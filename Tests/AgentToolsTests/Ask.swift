// Short ways to ask the server and to look into its answers.

import AgentTools
import Connections
import JSON
import Tenancy

enum Ask {
    static let server = ToolServer(version: "1.2.3", offers: [Sample.offer, Sample.second, Sample.unconnected])

    static func post(_ text: String, _ revision: ToolRevision = .latest) throws(RPCError) -> RPCPost {
        try bytes(Array(text.utf8), revision)
    }

    static func bytes(_ bytes: [UInt8], _ revision: ToolRevision = .latest) throws(RPCError) -> RPCPost {
        let result: Result<RPCPost, RPCError> = bytes.withUnsafeBytes { body in
            do throws(RPCError) { return .success(try RPCPost(body, revision)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// What is to be done about the one message in `text`.
    static func step(_ text: String) throws -> ToolStep { server.step(try post(text).messages[0]) }

    /// The answer to a request whose method and params are given.
    static func answer(_ method: String, _ params: String = "{}") throws -> JSONValue {
        let step = try step(#"{"jsonrpc":"2.0","id":7,"method":"\#(method)","params":\#(params)}"#)
        switch step {
        case .answer(let bytes): return try json(bytes)
        case .silence: return .null
        case .tool(let id, .done(let result, _)): return try json(result.answer(to: id))
        case .tool(_, .calls): return .string("calls")
        }
    }

    /// The plan of one use of a tool.
    static func plan(_ tool: String, _ arguments: String) throws -> ToolPlan? {
        let params = #"{"name":"\#(tool)","arguments":\#(arguments)}"#
        let step = try step(#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":\#(params)}"#)
        if case .tool(.text("a"), let plan) = step { return plan }
        return nil
    }

    /// The sentence of a failure.
    static func failure(_ tool: String, _ arguments: String) throws -> String {
        guard case .done(let result, _) = try plan(tool, arguments), result.isError else { return "" }
        return try json(result.body)["error"]?.string ?? ""
    }

    static func json(_ bytes: [UInt8]) throws -> JSONValue { try bytes.withUnsafeBytes { try JSONValue(parsing: $0) } }
}

enum Sample {
    /// Two domains, an action with a parameter of each form, two accounts of which one is dead.
    static var offer: ToolOffer {
        var provider = ProviderDefinition(
            id: ProviderID("acme")!, displayName: "Acme CRM", baseURL: try! AddressTemplate("https://acme.example/v1"),
            auth: [AuthRule(.apiKey, .bearer)])
        provider.main.allow = [try! PathRule("GET /contacts/**")]
        provider.main.actions = [find]
        provider.domains = [
            ProviderDomain(name: DomainName("acme-mail")!, baseURL: try! AddressTemplate("https://mail.acme.example"))
        ]
        let known = AccountFacts([FormPair("login", "octocat")])
        let dead = AccountOffer(AccountName("old")!, isUsable: false)
        return ToolOffer(provider, [AccountOffer(AccountName("work")!, facts: known), dead])
    }

    static let find = ProviderAction(
        name: "find", method: .post, path: try! TextTemplate("/{kind}/search"),
        parameters: [
            ActionParameter(name: "kind", place: .path, isRequired: true),
            ActionParameter(
                name: "limit", place: .body(try! BodyPath("limit")), form: .integer, fallback: "20", most: 100),
            ActionParameter(name: "archived", place: .query("archived"), form: .flag, fallback: "true"),
            ActionParameter(name: "columns", place: .query("columns"), form: .list),
            ActionParameter(name: "filters", place: .body(try! BodyPath("filters")), form: .any),
        ])

    static var second: ToolOffer {
        let provider = ProviderDefinition(
            id: ProviderID("git")!, displayName: "Git", baseURL: try! AddressTemplate("https://git.example"),
            auth: [AuthRule(.apiKey, .bearer)])
        return ToolOffer(provider, [AccountOffer(AccountName("me")!)])
    }

    static var unconnected: ToolOffer {
        let provider = ProviderDefinition(
            id: ProviderID("none")!, displayName: "None", baseURL: try! AddressTemplate("https://none.example"),
            auth: [AuthRule(.apiKey, .bearer)])
        return ToolOffer(provider, [])
    }
}
