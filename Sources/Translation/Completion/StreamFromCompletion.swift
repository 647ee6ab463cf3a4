// StreamFromCompletion: a valid event stream out of a whole answer (S-14).
//
// For: upstreams that answer a stream request with one JSON body.
// Refuses: what CompletionMeter refuses; nothing is appended then.
// Called by: gatewayd.

/// Turns a whole answer into the stream its client asked for.
public enum StreamFromCompletion {
    /// Appends the stream of `body`, with `clientModel` in place of the model it names, and returns what the body was.
    ///
    /// `includesUsage`: the client asked for OpenAI's usage chunk.
    public static func append(
        _ body: UnsafeRawBufferPointer, dialect: Dialect, clientModel: String?, includesUsage: Bool,
        to out: inout [UInt8]
    ) -> CompletionReading {
        let reading = CompletionMeter.read(body, dialect: dialect)
        guard case .completion = reading else { return reading }
        let start = out.count
        do {
            switch dialect {
            case .anthropic: try AnthropicReplay(clientModel).append(body, to: &out)
            case .openai: try OpenAIReplay(clientModel, includesUsage: includesUsage).append(body, to: &out)
            }
        } catch {
            // Only members of an unexpected kind can get here: the body has been read as JSON before.
            out.removeSubrange(start...)
            return .unusable(.otherShape)
        }
        return reading
    }
}
