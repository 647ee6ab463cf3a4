// TranslatedCompletion: a whole answer in the client's dialect out of one in the upstream's.
//
// For: requests that did not ask for a stream. (One that did, and whose upstream answered whole, goes through
//   StreamFromCompletion and TranslatedStream.)
// Refuses: what CompletionMeter refuses; nothing is appended then.
// Called by: gatewayd.

import JSON

/// What a translation of a whole answer has to tell besides the answer.
public struct CompletionNotes: Hashable, Sendable {
    /// The kinds of content that the client's dialect has no place for.
    public internal(set) var dropped = DroppedFields()
    /// The upstream ended for a reason that nobody knows, which went out as an ordinary end.
    public internal(set) var hasUnknownReason = false

    /// Nothing to tell.
    public init() {}
}

/// Turns whole answers into those of the other dialect.
public enum TranslatedCompletion {
    /// Appends the client's answer made of the upstream's `body`, the body of a 200, and returns what the body was: usage as
    /// CompletionMeter reads it. What else there is to tell goes into `notes`.
    public static func append(
        _ body: UnsafeRawBufferPointer, _ options: TranslatedStream.Options, to out: inout [UInt8],
        noting notes: inout CompletionNotes
    ) -> CompletionReading {
        let reading = CompletionMeter.read(body, dialect: options.upstream)
        guard case .completion(let completion) = reading else { return reading }
        let usage = completion.usage.settled(estimatedInput: options.estimatedInput, complete: true).usage
        let start = out.count
        do {
            switch options.client {
            case .anthropic:
                var answer = CompletionToAnthropic(options)
                try answer.append(body, usage, to: &out)
                notes = answer.notes
            case .openai:
                var answer = CompletionToOpenAI(options)
                try answer.append(body, usage, to: &out)
                notes = answer.notes
            }
        } catch {
            // Only members of an unexpected kind can get here: the body has been read as JSON before.
            out.removeSubrange(start...)
            return .unusable(.otherShape)
        }
        return reading
    }
}
