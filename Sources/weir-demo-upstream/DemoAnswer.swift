// DemoAnswer: what the demo says, in pieces, and the usage it reports.
//
// For: both dialects, streamed or whole.
// Refuses: to sound like a model.
// Called by: DemoHandler; AnthropicShapes and OpenAIShapes write it.

/// One answer. Same request, same answer.
struct DemoAnswer: Equatable {
    /// The text, cut where a vendor's stream would cut it: at words. Each piece counts as one output token.
    let pieces: [String]
    /// The limit on output tokens ended it.
    let isCut: Bool
    /// Four bytes a token, as vendors' tokenizers come to in English, and a few for the envelope.
    let inputTokens: Int

    /// Characters of what was said that are repeated: a whole question, not a whole book.
    private static let repeatedMax = 200
    private static let envelopeTokens = 8

    init(to request: DemoRequest) {
        let said = request.words.prefix(Self.repeatedMax)
        let rest = said.endIndex < request.words.endIndex ? "…" : ""
        let text =
            "This is Weir's demo upstream, not a language model. "
            + (said.isEmpty ? "You said nothing in words." : "You said: \(said)\(rest)")
        let words = Self.pieces(of: text)
        let limit = Int(clamping: request.maxTokens ?? .max)
        pieces = Array(words.prefix(limit))
        isCut = limit < words.count
        inputTokens = request.textBytes / 4 + Self.envelopeTokens
    }

    var text: String { pieces.joined() }
    var outputTokens: Int { pieces.count }

    /// Words with the white space that follows them.
    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for character in text {
            if let last = piece.last, last.isWhitespace, !character.isWhitespace {
                pieces.append(piece)
                piece = ""
            }
            piece.append(character)
        }
        return pieces + [piece]
    }
}
