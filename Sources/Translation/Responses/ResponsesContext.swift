// ResponsesContext: what the answer to a Responses request needs to know of it.
//
// For: the response object repeats its request; custom tools and changed ids get their own form back.
// Refuses: to keep a member beyond `longestEcho`: it is repeated as if it had not been given.
// Called by: ResponsesRequest makes it, ResponsesStream and ResponsesCompletion use it.

import JSON

/// Facts of one Responses request.
public struct ResponsesContext: Sendable {
    /// The members of a response object that repeat the request.
    let echo: [UInt8]
    /// Names of custom tools, decoded.
    let customTools: Set<[UInt8]>
    /// Ids of tool calls that were changed on their way out (Y-14).
    public let callIDs: ToolNameMap

    /// Most bytes repeated of one member, instructions or tools: ten times what agents send. They are kept as long as the stream
    /// lasts and sent three times.
    static let longestEcho = 256 << 10

    /// Whether a tool of that name, spelled for a JSON string, takes free text.
    func isCustom(_ name: [UInt8]) -> Bool { !customTools.isEmpty && customTools.contains(name.unspelled) }
}

/// The members that repeat the request, defaults included, as OpenAI's own response objects have them.
enum ResponsesEcho {
    static func members(of request: BodyFields) -> [UInt8] {
        var out: [UInt8] = []
        put("background", "false", &out)
        put("instructions", request["instructions"], or: "null", &out)
        put("max_output_tokens", request["max_output_tokens"], or: "null", &out)
        put("max_tool_calls", request["max_tool_calls"], or: "null", &out)
        put("metadata", request["metadata"], or: "{}", &out)
        put("parallel_tool_calls", request["parallel_tool_calls"], or: "true", &out)
        put("previous_response_id", "null", &out)
        put("prompt_cache_key", request["prompt_cache_key"], or: "null", &out)
        putReasoning(request["reasoning"], &out)
        put("safety_identifier", request["safety_identifier"], or: "null", &out)
        put("service_tier", request["service_tier"], or: "null", &out)
        put("store", "false", &out)
        put("temperature", request["temperature"], or: "null", &out)
        putText(request["text"], &out)
        put("tool_choice", request["tool_choice"], or: #""auto""#, &out)
        put("tools", request["tools"], or: "[]", &out)
        put("top_logprobs", "0", &out)
        put("top_p", request["top_p"], or: "null", &out)
        put("truncation", #""disabled""#, &out)
        put("user", request["user"], or: "null", &out)
        return out
    }

    private static func put(_ name: StaticString, _ value: StaticString, _ out: inout [UInt8]) {
        out.put(",\"")
        out.put(name)
        out.put("\":")
        out.put(value)
    }

    private static func put(
        _ name: StaticString, _ value: BodyValue?, or other: StaticString, _ out: inout [UInt8]
    ) {
        guard let value, value.bytes.count <= ResponsesContext.longestEcho else { return put(name, other, &out) }
        put(name, "", &out)
        out.append(contentsOf: value.bytes)
    }

    /// The members of an object that is short enough to be repeated.
    private static func members(of value: BodyValue?) -> BodyFields? {
        guard let value, value.bytes.count <= ResponsesContext.longestEcho else { return nil }
        return try? value.fields("")
    }

    private static func putReasoning(_ value: BodyValue?, _ out: inout [UInt8]) {
        let fields = members(of: value)
        out.put(#","reasoning":{"effort":"#)
        out.append(contentsOf: fields?["effort"]?.bytes ?? .fixed("null"))
        out.put(#","summary":"#)
        out.append(contentsOf: fields?["summary"]?.bytes ?? .fixed("null"))
        out.put("}")
    }

    private static func putText(_ value: BodyValue?, _ out: inout [UInt8]) {
        let fields = members(of: value)
        out.put(#","text":{"format":"#)
        out.append(contentsOf: fields?["format"]?.bytes ?? .fixed(#"{"type":"text"}"#))
        out.put(#","verbosity":"#)
        out.append(contentsOf: fields?["verbosity"]?.bytes ?? .fixed(#""medium""#))
        out.put("}")
    }
}
