// ToolList: the tools as `tools/list` describes them.
//
// For: one text that a model reads before it decides; names, sentences, JSON schemas (2020-12).
// Refuses: nothing.
// Called by: ToolServer.

import JSON

/// The list. It is the same for everybody: what a tenant can call is the answer of `discover`.
enum ToolList {
    static let instructions = """
        Weir calls APIs with accounts that were connected once; you never see a credential. Use discover to find \
        domains, accounts and actions, then call-api or batch. Every use of a tool needs a rationale: one sentence \
        that says why.
        """

    static func append(to result: inout JSONWriter) {
        result.key("tools")
        result.array { list in for tool in ToolName.allCases { append(tool, to: &list) } }
    }

    private static func append(_ tool: ToolName, to list: inout JSONWriter) {
        list.object {
            $0.member("name", tool.rawValue)
            $0.member("title", title(of: tool))
            $0.member("description", description(of: tool))
            $0.key("inputSchema")
            schema(of: tool).write(to: &$0)
            $0.member(
                "annotations",
                object: {
                    $0.member("title", title(of: tool))
                    $0.member("readOnlyHint", tool == .discover)
                    $0.member("openWorldHint", tool != .discover)
                })
        }
    }

    private static func title(of tool: ToolName) -> String {
        switch tool {
        case .discover: "Find APIs"
        case .callAPI: "Call an API"
        case .batch: "Call several APIs at once"
        }
    }

    private static func description(of tool: ToolName) -> String {
        switch tool {
        case .discover:
            """
            Lists what can be called: domains with their accounts, allowed paths, and actions with the schema of their \
            parameters.
            """
        case .callAPI:
            """
            Makes one request to a domain: an action with its parameters as further members, or a path with method, \
            query and body. Answers {"success", "status", "data"} or {"success": false, "error", "code"}.
            """
        case .batch:
            """
            Makes up to \(ToolName.mostCalls) requests at the same time, in no order. The results are in the order of \
            the calls; one that fails does not stop the others.
            """
        }
    }

    private static func schema(of tool: ToolName) -> JSONValue {
        switch tool {
        case .discover:
            object(
                [
                    rationale, text("domain", "Only the domain of this name."),
                    text("query", "Only domains whose name, provider or actions contain this."),
                ], required: ["rationale"], isOpen: false)
        case .callAPI: object([rationale] + call, required: ["rationale", "domain"], isOpen: true)
        case .batch:
            object(
                [rationale, .init("calls", calls)], required: ["rationale", "calls"], isOpen: false)
        }
    }

    private static let calls = JSONValue.object([
        .init("type", .string("array")), .init("minItems", .integer(1)),
        .init("maxItems", .integer(ToolName.mostCalls)),
        .init("items", object(call, required: ["domain"], isOpen: true)),
    ])

    private static let rationale = text("rationale", "Why this is done, in one sentence. It is written to the log.")

    /// The members of a call that have a meaning of their own; an action's parameters come beside them.
    private static let call: [JSONValue.Member] = [
        text("domain", "Where to, as discover tells it."),
        text("account_id", "The account, where there are several."),
        text("action", "A request by name; its parameters are further members."),
        text("path", "Instead of an action: what is asked for."),
        text("method", "GET, or POST when there is a body, unless it is said here."),
        .init(
            "query",
            .object([
                .init("type", .string("object")), .init("description", .string("Parameters of the path's query.")),
            ])),
        .init("body", .object([.init("description", .string("Any JSON, sent as it is."))])),
        .init(
            "fields",
            .object([
                .init("type", .string("array")), .init("items", .object([.init("type", .string("string"))])),
                .init("description", .string("Dotted paths: what is wanted of the answer.")),
            ])),
        .init(
            "format",
            .object([
                .init("type", .string("string")), .init("enum", .array([.string("compact")])),
                .init("description", .string("compact leaves out nulls and empty values.")),
            ])),
    ]

    private static func text(_ name: String, _ description: String) -> JSONValue.Member {
        .init(name, .object([.init("type", .string("string")), .init("description", .string(description))]))
    }

    private static func object(_ members: [JSONValue.Member], required: [String], isOpen: Bool) -> JSONValue {
        .object([
            .init("type", .string("object")), .init("properties", .object(members)),
            .init("required", .array(required.map { .string($0) })),
            .init("additionalProperties", .boolean(isOpen)),
        ])
    }
}
