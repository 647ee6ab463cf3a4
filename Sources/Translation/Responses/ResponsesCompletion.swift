// ResponsesCompletion: a whole chat completion as a response object.
//
// For: `POST /v1/responses` without `stream`. It reads what a chat client would have got.
// Refuses: what CompletionMeter refuses; nothing is appended then.
// Called by: gatewayd.

import JSON

/// Turns whole chat completions into responses.
public enum ResponsesCompletion {
    /// Appends the response made of `body`, a chat completion, and returns what the body was.
    public static func append(
        _ body: UnsafeRawBufferPointer, _ options: ResponsesStream.Options, to out: inout [UInt8]
    ) -> CompletionReading {
        let reading = CompletionMeter.read(body, dialect: .openai)
        guard case .completion(let completion) = reading else { return reading }
        var items = ResponseItems(options.context, requestID: options.requestID, textLimit: .max)
        var reasoningTokens: Int64 = 0
        do {
            guard try read(body, &items, &reasoningTokens) else { return .unusable(.otherShape) }
        } catch {
            // Only members of an unexpected kind can get here: the body has been read as JSON before.
            return .unusable(.otherShape)
        }
        let reason = items.reason ?? .whole
        items.endAll(isCut: reason.isCut)
        let usage = ResponseUsageReading(completion.usage, options.estimatedInput).settled
        ResponseEnvelope(options).append(
            .ended(reason, ResponseUsage(usage: usage, reasoning: reasoningTokens)), items.list, to: &out)
        return reading
    }

    private static func read(
        _ body: UnsafeRawBufferPointer, _ items: inout ResponseItems, _ reasoningTokens: inout Int64
    ) throws(JSONFault) -> Bool {
        var fits = true
        var scanner = JSONScanner(body)
        try scanner.enterObject()
        while fits, let key = try scanner.nextMember() {
            if key == "choices", try scanner.peek() == .array {
                fits = try items.takeChoices(&scanner, body, speech: "message")
            } else if key == "usage" {
                reasoningTokens = try ResponseUsage.reasoning(&scanner) ?? reasoningTokens
            } else {
                try scanner.skip()
            }
        }
        return fits
    }
}
