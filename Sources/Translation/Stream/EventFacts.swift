// EventFacts: what an event means for the course of a stream, in one vocabulary for both dialects.
//
// For: StreamRelay, which decides by it.
// Refuses: nothing.
// Called by: AnthropicEvent and OpenAIChunk make it.

/// What one event says.
struct EventFacts {
    /// What the event is for the course of the stream; the strongest of what it holds.
    enum Role {
        /// Frames around content: opening, empty starts, pings, unknown types. Held back until content comes.
        case lifecycle
        /// Usage and nothing else (OpenAI's last chunk when it was asked for).
        case usageOnly
        /// Something the model said.
        case content
        /// The reason why it ended.
        case finish
        /// `message_stop` or `[DONE]`.
        case terminal
        /// An error of the vendor.
        case failure
    }

    var role = Role.lifecycle
    /// The event is Anthropic's `message_start`.
    var opensMessage = false
    /// Where the model's JSON string stands in the event's data, with its quotes.
    var model: Range<Int>?
    /// Bytes of text, reasoning and tool arguments.
    var contentBytes = 0
    /// The usage it reports.
    var usage = UsageFields()
    /// Choices met and choices ended, one bit each (Anthropic: one choice).
    var choicesMet: UInt128 = 0
    var choicesEnded: UInt128 = 0
    /// The type named in Anthropic data.
    var typeName: Range<Int>?
}
