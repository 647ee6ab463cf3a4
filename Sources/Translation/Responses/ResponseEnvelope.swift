// ResponseEnvelope: the response object around the items.
//
// For: `response.created` and its successors, and whole answers.
// Refuses: nothing.
// Called by: ResponseEvents, ResponsesCompletion.

import JSON
import Money

struct ResponseEnvelope {
    /// How a response stands.
    enum Standing {
        case inProgress
        /// It ended by itself or was cut by a limit.
        case ended(ResponseReason, ResponseUsage)
        case failed(code: String, message: String, ResponseUsage?)
    }

    /// What ids end with, spelled: the request's id without the kind it names.
    let suffix: [UInt8]
    /// `{"id":…,"object":"response","created_at":…,"model":…`
    private let head: [UInt8]
    private let echo: [UInt8]

    init(_ options: ResponsesStream.Options) {
        let id = options.requestID
        suffix = [UInt8](escaping: String(id.hasPrefix("req_") ? id.dropFirst(4) : id[...]))
        var head: [UInt8] = []
        head.put(#"{"id":"resp_"#)
        head.append(contentsOf: suffix)
        head.put(#"","object":"response","created_at":"#)
        head.put(options.createdSeconds)
        head.put(#","model":"#)
        JSONWriter.appendString(options.clientModel, to: &head)
        self.head = head
        echo = options.context.echo
    }

    /// Appends the object with those items that have ended.
    func append(_ standing: Standing, _ items: [ResponseItem], to out: inout [UInt8]) {
        out.append(contentsOf: head)
        out.put(#","status":""#)
        switch standing {
        case .inProgress: out.put(#"in_progress","error":null,"incomplete_details":null"#)
        case .ended(let reason, _): Self.appendReason(reason, &out)
        case .failed(let code, let message, _): Self.appendError(code, message, &out)
        }
        out.put(#","output":["#)
        var isFirst = true
        for (index, item) in items.enumerated() where item.status != .inProgress {
            if !isFirst { out.put(",") }
            isFirst = false
            item.append(suffix, index, to: &out)
        }
        out.put("]")
        out.append(contentsOf: echo)
        out.put(#","usage":"#)
        switch standing {
        case .ended(_, let usage), .failed(_, _, .some(let usage)): usage.append(to: &out)
        case .inProgress, .failed(_, _, .none): out.put("null")
        }
        out.put("}")
    }

    private static func appendReason(_ reason: ResponseReason, _ out: inout [UInt8]) {
        guard let name = reason.name else {
            return out.put(#"completed","error":null,"incomplete_details":null"#)
        }
        out.put(#"incomplete","error":null,"incomplete_details":{"reason":""#)
        out.put(name)
        out.put(#""}"#)
    }

    private static func appendError(_ code: String, _ message: String, _ out: inout [UInt8]) {
        out.put(#"failed","error":{"code":"#)
        JSONWriter.appendString(code, to: &out)
        out.put(#","message":"#)
        JSONWriter.appendString(message, to: &out)
        out.put(#"},"incomplete_details":null"#)
    }
}

/// What a response used, in the words of the Responses API.
struct ResponseUsage {
    let usage: Usage
    /// The part of the output that was reasoning.
    let reasoning: Int64

    /// Cached tokens are a part of the input, reasoning one of the output.
    func append(to out: inout [UInt8]) {
        let written = usage.cacheWrite5m + usage.cacheWrite1h
        let input = usage.uncachedInput + usage.cacheRead + written
        out.put(#"{"input_tokens":"#)
        out.put(input)
        out.put(#","input_tokens_details":{"cached_tokens":"#)
        out.put(usage.cacheRead)
        out.put(#","cache_write_tokens":"#)
        out.put(written)
        out.put(#"},"output_tokens":"#)
        out.put(usage.output)
        out.put(#","output_tokens_details":{"reasoning_tokens":"#)
        out.put(min(reasoning, usage.output))
        out.put(#"},"total_tokens":"#)
        out.put(input + usage.output)
        out.put("}")
    }

    /// The reasoning tokens of the chat usage object that comes next; `nil` when it says nothing of them.
    static func reasoning(_ scanner: inout JSONScanner) throws(JSONFault) -> Int64? {
        var fields = UsageFields()
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return nil
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            guard key == "completion_tokens_details", try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                if key == "reasoning_tokens" { try fields.read(\.output, &scanner) } else { try scanner.skip() }
            }
        }
        return fields.output
    }
}
