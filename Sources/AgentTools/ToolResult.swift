// ToolResult: what a tool gives back, as text for the model and as JSON for the program around it.
//
// For: `tools/call`. A failure is a result too, so that the model reads why and does better (MCP, Tools, Error Handling).
// Refuses: answers larger than `largest`: no model reads them, and `fields` makes them smaller.
// Called by: ToolServer; gatewayd with the answers of calls.

public import Connections
import JSON

/// The result of one use of a tool.
public struct ToolResult: Hashable, Sendable {
    /// A JSON object.
    public let body: [UInt8]
    /// Whether the model should take it for a failure.
    public let isError: Bool

    /// The largest answer of one call, in bytes.
    public static let largest = 1 << 20

    init(body: [UInt8], isError: Bool) { (self.body, self.isError) = (body, isError) }

    /// A failure in the agent API's words.
    public init(_ failure: AgentFailure) { self.init(body: AgentAnswer(failure).body, isError: true) }

    /// The results of `calls`' answers, in their order: of one call its answer, of a batch all of them. A batch is a
    /// failure when nothing in it went well.
    public init(_ answers: [AgentAnswer], of tool: ToolName) {
        let results = answers.map { answer in
            answer.body.count > Self.largest
                ? ToolResult(Self.tooLarge) : ToolResult(body: answer.body, isError: answer.code != nil)
        }
        guard tool == .batch else {
            precondition(results.count == 1, "one call has one answer")
            self = results[0]
            return
        }
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("succeeded", results.filter { !$0.isError }.count)
                $0.key("results")
                $0.array { list in for result in results { result.body.withUnsafeBytes { list.raw($0) } } }
            }
        }
        self.init(body: out, isError: results.allSatisfy(\.isError))
    }

    private static let tooLarge = AgentFailure(
        .validationError, "the answer has more than \(largest) bytes; name the fields that are needed, or ask for less")

    /// The whole answer to the request `id`.
    public func answer(to id: RPCID) -> [UInt8] {
        RPCAnswer.result(to: id) { result in
            result.key("content")
            result.array { list in
                list.object {
                    $0.member("type", "text")
                    $0.member("text", String(decoding: body, as: UTF8.self))
                }
            }
            result.key("structuredContent")
            body.withUnsafeBytes { result.raw($0) }
            result.member("isError", isError)
        }
    }
}
