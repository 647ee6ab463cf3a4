// ToolServer: the Model Context Protocol's server side, without its transport.
//
// For: `initialize`, `ping`, `tools/list`, `tools/call` and notifications, one message at a time. There is no session:
//   every message stands for itself.
// Refuses: other methods (−32601), calls of tools that are not there (−32602).
// Called by: gatewayd, for each message of a request to /mcp.

import Connections
import JSON

/// What is to be done about one message.
public enum ToolStep: Sendable {
    /// A whole answer.
    case answer([UInt8])
    /// Nothing: it was a notification or an answer.
    case silence
    /// A tool is used; the answer to `id` is the plan's.
    case tool(RPCID, ToolPlan)
}

/// One server, for one tenant at one moment.
public struct ToolServer: Sendable {
    private let version: String
    private let offers: [ToolOffer]?

    /// `version` is that of this program; `offers` is what the tenant can call, `nil` while that is not known.
    public init(version: String, offers: [ToolOffer]?) { (self.version, self.offers) = (version, offers) }

    /// What is to be done about `message`.
    public func step(_ message: Result<RPCMessage, RPCError>) -> ToolStep {
        switch message {
        case .failure(let error): return .answer(error.answer(to: nil))
        case .success(.notification), .success(.answer): return .silence
        case .success(.request(let id, let method, let params)):
            do throws(RPCError) { return try step(id, method, params) } catch { return .answer(error.answer(to: id)) }
        }
    }

    private func step(_ id: RPCID, _ method: String, _ params: JSONValue?) throws(RPCError) -> ToolStep {
        switch method {
        case "initialize": return .answer(try initialized(id, params))
        case "ping": return .answer(RPCAnswer.result(to: id) { _ in })
        case "tools/list": return .answer(try list(id, params))
        case "tools/call": return .tool(id, try plan(params))
        default: throw .methodNotFound(method)
        }
    }

    private func initialized(_ id: RPCID, _ params: JSONValue?) throws(RPCError) -> [UInt8] {
        guard let wanted = params?["protocolVersion"]?.string else {
            throw .invalidParams("initialize names a protocolVersion")
        }
        return RPCAnswer.result(to: id) { result in
            result.member("protocolVersion", ToolRevision.agreed(on: wanted).rawValue)
            result.member(
                "capabilities", object: { $0.member("tools", object: { $0.member("listChanged", false) }) })
            result.member(
                "serverInfo",
                object: {
                    $0.member("name", "weir")
                    $0.member("title", "Weir")
                    $0.member("version", version)
                })
            result.member("instructions", ToolList.instructions)
        }
    }

    /// All tools fit on one page, so there is no cursor that could be right.
    private func list(_ id: RPCID, _ params: JSONValue?) throws(RPCError) -> [UInt8] {
        guard params?["cursor"] == nil || params?["cursor"] == .null else {
            throw .invalidParams("the cursor is none of ours")
        }
        return RPCAnswer.result(to: id) { ToolList.append(to: &$0) }
    }

    private func plan(_ params: JSONValue?) throws(RPCError) -> ToolPlan {
        guard let name = params?["name"]?.string else { throw .invalidParams("tools/call names a tool") }
        guard let tool = ToolName(rawValue: name) else {
            throw .invalidParams("there is no tool \(Excerpts.of(name))")
        }
        do throws(AgentFailure) {
            return try plan(tool, ToolArguments(params?["arguments"]))
        } catch {
            return .done(ToolResult(error), rationale: nil)
        }
    }

    private func plan(_ tool: ToolName, _ arguments: ToolArguments) throws(AgentFailure) -> ToolPlan {
        let rationale = try arguments.rationale()
        switch tool {
        case .discover:
            guard let offers else {
                throw AgentFailure(.upstreamError, "the accounts are not known yet; try again", status: 503)
            }
            return .done(try Discovery(offers: offers).result(arguments), rationale: rationale)
        case .callAPI: return .calls([try arguments.call()], of: tool, rationale: rationale)
        case .batch: return .calls(try arguments.calls(), of: tool, rationale: rationale)
        }
    }
}
