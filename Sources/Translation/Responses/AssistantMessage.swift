// AssistantMessage: what the assistant said, gathered from neighbouring items into one chat message.
//
// For: ChatFromResponses. Reasoning, text and calls are items of their own in the Responses API and one message here; results
//   must follow the message of their calls (R-05).
// Refuses: nothing; a message that neither says nor calls anything is not written, its reasoning goes with it.
// Called by: ChatFromResponses+Input.

import JSON

struct AssistantMessage {
    /// Pieces of what it said, spelled.
    private var texts: [UnsafeRawBufferPointer] = []
    private var refusals: [UnsafeRawBufferPointer] = []
    private var calls = JSONPieces()
    /// Entries of `reasoning_details`.
    private var details = JSONPieces()
    private var thoughts: [UnsafeRawBufferPointer] = []
    private var sealedThoughts = 0

    private var isEmpty: Bool { texts.isEmpty && refusals.isEmpty && calls.isEmpty }

    /// What follows belongs to another message of the same turn: a blank line stands between them.
    mutating func beginMessage() {
        if !texts.isEmpty { texts.append(.fixed(#"\n\n"#)) }
    }

    mutating func say(_ text: JSONText) {
        if !text.isEmpty { texts.append(text.spelling) }
    }

    mutating func refuse(_ text: JSONText) { refusals.append(text.spelling) }

    mutating func call(_ write: (inout JSONWriter) -> Void) { calls.element(write) }

    mutating func think(_ text: JSONText) {
        if !text.isEmpty { thoughts.append(text.spelling) }
    }

    /// Takes reasoning this gateway sealed. `false`: it is not such.
    mutating func unseal(_ sealed: JSONText) -> Bool {
        guard ReasoningSeal.open(sealed, index: sealedThoughts, into: &details) else { return false }
        sealedThoughts += 1
        return true
    }

    /// Writes the message, if there is one.
    func write(echo: UpstreamTraits.ReasoningEcho, to out: inout JSONPieces) {
        guard !isEmpty else { return }
        // Beside a call it is always there: DeepSeek refuses the conversation otherwise (R-16).
        let thinks = echo != .none && (!thoughts.isEmpty || !calls.isEmpty)
        out.element {
            $0.object {
                $0.member("role", "assistant")
                $0.key("content")
                if texts.isEmpty, !thinks { $0.null() } else { $0.spelled(texts) }
                if !refusals.isEmpty {
                    $0.key("refusal")
                    $0.spelled(refusals)
                }
                if thinks {
                    $0.key(echo == .reasoning ? "reasoning" : "reasoning_content")
                    $0.spelled(thoughts)
                }
                if !details.isEmpty {
                    $0.key("reasoning_details")
                    $0.list(details)
                }
                if !calls.isEmpty {
                    $0.key("tool_calls")
                    $0.list(calls)
                }
            }
        }
    }
}
