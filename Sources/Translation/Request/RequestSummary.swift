// RequestSummary: what the gateway needs to know of a request body, read in one pass.
//
// For: resolving the model, admission estimates, stream or not, and the ranges a rewrite may touch.
// Refuses: see RequestRefusal. A field the gateway acts on that stands twice is refused, even when spelled with escapes;
//   unknown fields are passed over and stay in the body.
// Called by: gatewayd before admission; RequestRewrite.

import JSON

/// A request body in numbers and ranges. Offsets count from the start of the body it was read from.
public struct RequestSummary: Hashable, Sendable {
    /// The language the body was read as.
    public let dialect: Dialect
    /// The model's name as the client wrote it, decoded: 1 to `longestModel` bytes.
    public internal(set) var model = ""
    /// Where the model's JSON string stands, with its quotes.
    public internal(set) var modelRange = 0..<0
    /// Whether an event stream is asked for.
    public internal(set) var isStream = false
    /// `max_completion_tokens`, else `max_tokens`; `nil` when neither is given.
    public internal(set) var maxTokens: Int64?
    /// How many answers are asked for: OpenAI's `n`, else 1.
    public internal(set) var choices = 1
    /// Whether the client itself asks for usage in the stream (`stream_options.include_usage`).
    public internal(set) var includesUsage = false
    /// Bytes of text the model will read: strings of messages and system as spelled, tools and schemas whole. Base64 data is
    /// not in it. Escapes count as written, so this is never too small.
    public internal(set) var textBytes = 0
    /// Images, documents and audio, by value or by reference.
    public internal(set) var attachments = 0
    /// Bytes of base64 text (or data URIs) among the attachments; references have none.
    public internal(set) var attachmentBytes = 0
    /// Elements of `messages`.
    public internal(set) var messages = 0
    /// Messages and the objects within them, which bound what a translation may cost.
    var objects = 0
    /// Whether any tool or function is offered.
    public internal(set) var hasTools = false

    /// Where `stream_options` can be edited.
    var streamOptions = StreamOptionsPlace.absent(end: 0)

    /// Vendors' model names have up to about 100 bytes; paths of fine-tunes and hubs stay below this.
    public static let longestModel = 256
    /// Far above any model's output (10 million), far below what could overflow an estimate.
    public static let largestMaxTokens: Int64 = 1_000_000_000
    /// OpenAI's documented limit of `n`.
    public static let mostChoices = 128

    /// Reads `body` whole.
    public init(reading body: UnsafeRawBufferPointer, as dialect: Dialect) throws(RequestRefusal) {
        var reader = RequestReader(body, dialect)
        self = try reader.read()
    }

    /// Reads the body of an embeddings request: the model; its input counts whole, and no answer is written.
    public init(readingEmbeddings body: UnsafeRawBufferPointer) throws(RequestRefusal) {
        try self.init(reading: body, as: .openai)
        textBytes = body.count
        maxTokens = 1
        isStream = false
    }

    init(_ dialect: Dialect) { self.dialect = dialect }

    /// The model's name without a trailing bracket such as `[1m]`, which Claude Code adds to ask for a long context (C-07).
    public var modelBase: Substring {
        guard model.utf8.last == UInt8(ascii: "]"), let open = model.utf8.lastIndex(of: UInt8(ascii: "[")),
            open > model.startIndex
        else { return model[...] }
        return model[..<open]
    }
}

/// How `stream_options` stands in a body.
enum StreamOptionsPlace: Hashable, Sendable {
    /// Not there; `end` is the offset of the body's closing brace.
    case absent(end: Int)
    /// `null`, which may be replaced.
    case null(Range<Int>)
    /// An object without `include_usage`; a member may be put at `start`, right behind its brace.
    case object(start: Int, isEmpty: Bool)
    /// The value of `include_usage`.
    case flag(Range<Int>)
}
