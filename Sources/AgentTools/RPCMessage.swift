// RPCMessage: JSON-RPC 2.0, as MCP uses it.
//
// For: the messages of one request body, and their answers.
// Refuses: bodies that are no JSON, messages that are none, ids that are neither text nor integer (MCP, Base Protocol),
//   several messages where the revision has no batches, and more than `RPCPost.most` of them.
// Called by: ToolServer; gatewayd for errors of its own.

import Connections
public import JSON

/// What an answer is matched to its request by: text, or an integer as it was written.
public enum RPCID: Hashable, Sendable {
    case text(String)
    case integer(Int64)

    init?(_ value: JSONValue) {
        if let text = value.string, text.utf8.count <= Self.longest {
            self = .text(text)
        } else if let number = value.integer {
            self = .integer(number)
        } else {
            return nil
        }
    }

    /// The longest text, in bytes; ids are counters or UUIDs.
    static let longest = 256
}

/// Why a message is not acted on.
public struct RPCError: Error, Hashable, Sendable {
    /// A code of JSON-RPC 2.0 §5.1, or one of −32000…−32099.
    public let code: Int
    /// A sentence.
    public let message: String

    public init(code: Int, _ message: String) { (self.code, self.message) = (code, message) }

    static func parse(_ message: String) -> RPCError { RPCError(code: -32700, message) }
    static func invalidRequest(_ message: String) -> RPCError { RPCError(code: -32600, message) }
    static func methodNotFound(_ method: String) -> RPCError {
        RPCError(code: -32601, "there is no method \(Excerpts.of(method))")
    }
    static func invalidParams(_ message: String) -> RPCError { RPCError(code: -32602, message) }

    /// The answer that says so; `id` is null where the request could not be told (§5).
    public func answer(to id: RPCID?) -> [UInt8] {
        RPCAnswer.bytes(to: id) { writer in
            writer.member(
                "error",
                object: {
                    $0.member("code", code)
                    $0.member("message", message)
                })
        }
    }
}

/// One message.
public enum RPCMessage: Hashable, Sendable {
    case request(RPCID, method: String, params: JSONValue?)
    case notification(method: String)
    /// An answer of the client to a request of ours; there are none, so it is passed over.
    case answer

    /// Reads one message.
    static func read(_ value: JSONValue) throws(RPCError) -> RPCMessage {
        guard case .object(let members) = value else { throw .invalidRequest("expected an object") }
        guard Set(members.map(\.key)).count == members.count else {
            throw .invalidRequest("a member is given twice")
        }
        guard value["jsonrpc"] == .string("2.0") else { throw .invalidRequest("expected \"jsonrpc\": \"2.0\"") }
        guard let method = value["method"] else {
            guard value["result"] != nil || value["error"] != nil else { throw .invalidRequest("no method") }
            return .answer
        }
        guard let method = method.string else { throw .invalidRequest("the method is no text") }
        let params = value["params"]
        switch params {
        case nil, .object, .array: break
        default: throw .invalidRequest("the params are no object")
        }
        guard let given = value["id"] else { return .notification(method: method) }
        guard let id = RPCID(given) else { throw .invalidRequest("the id is neither text nor an integer") }
        return .request(id, method: method, params: params)
    }
}

/// The messages of one request body.
public struct RPCPost: Hashable, Sendable {
    /// In their order; one that is none in the place it has.
    public let messages: [Result<RPCMessage, RPCError>]
    /// Whether they came as an array, and the answers go back as one.
    public let isBatch: Bool

    /// The most messages of one body.
    public static let most = 10
    /// The largest body, in bytes: one call as large as the agent API takes it, and what is around it.
    public static let largest = AgentCall.largest + (64 << 10)

    /// Reads a body. Throws what is answered instead of everything, with status 400.
    public init(_ body: UnsafeRawBufferPointer, _ revision: ToolRevision) throws(RPCError) {
        let value: JSONValue
        do throws(JSONFault) { value = try JSONValue(parsing: body) } catch { throw .parse("no JSON: \(error)") }
        guard let elements = value.elements else {
            messages = [.success(try RPCMessage.read(value))]
            isBatch = false
            return
        }
        guard revision.takesBatches else {
            throw .invalidRequest("revision \(revision.rawValue) takes one message at a time")
        }
        guard (1...Self.most).contains(elements.count) else {
            throw .invalidRequest("expected 1 to \(Self.most) messages")
        }
        messages = elements.map { element in
            do throws(RPCError) { return .success(try RPCMessage.read(element)) } catch { return .failure(error) }
        }
        isBatch = true
    }

    /// The body that carries `answers`, which are whole messages; `nil` when there is nothing to say (202).
    public func body(of answers: [[UInt8]]) -> [UInt8]? {
        guard !answers.isEmpty else { return nil }
        guard isBatch else { return answers[0] }
        return [UInt8(ascii: "[")] + answers.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }
}

/// Writing answers.
enum RPCAnswer {
    static func bytes(to id: RPCID?, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("jsonrpc", "2.0")
                $0.key("id")
                switch id {
                case .text(let text): $0.string(text)
                case .integer(let number): $0.integer(number)
                case nil: $0.null()
                }
                body(&$0)
            }
        }
        return out
    }

    /// A success; `result` writes the members of its object.
    static func result(to id: RPCID, _ result: (inout JSONWriter) -> Void) -> [UInt8] {
        bytes(to: id) { $0.member("result", object: result) }
    }
}

/// What a client wrote, as a message repeats it.
enum Excerpts {
    /// The first 64 characters in quotation marks, control characters left out.
    static func of(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(64).filter { $0.properties.generalCategory != .control }
        return "\"\(String(String.UnicodeScalarView(visible)))\""
    }
}
