// StreamToOpenAI: an Anthropic message stream as an OpenAI chat stream.
//
// For: clients of `/v1/chat/completions` whose model lives behind an Anthropic surface (cases Y-01 … Y-10).
// Refuses: blocks and deltas OpenAI has no place for, which are left out. The reason, the usage chunk and `[DONE]` come
//   together at the end of the stream, so that no error can follow a reason.
// Called by: StreamCrossing.

import JSON
import Money

struct StreamToOpenAI {
    /// A block of the upstream that has not been stopped. Blocks of a broken upstream may overlap (Y-07).
    private struct Block {
        enum Kind { case thinking, tool, other }

        let index: Int64
        let kind: Kind
        /// Its number among the answer's thinking blocks, or among its tool calls.
        let number: Int
        var hasArguments = false
        /// A tool's input that came whole with its start, spelled as arguments.
        var input: [UInt8] = []
    }

    private let options: TranslatedStream.Options
    /// The completion's id, spelled; empty until the upstream gives one.
    private var id: [UInt8] = []
    /// There once the first chunk has been output.
    private var frames: ChunkFrames?
    private var blocks: [Block] = []
    private var inputBytes = 0
    private var thinkingBlocks = 0
    private var calls = 0
    private var reason: FinishReason?

    init(_ options: TranslatedStream.Options) { self.options = options }

    /// The upstream has said why it ended.
    var isWhole: Bool { reason != nil }

    /// It gave a reason that nobody knows.
    var hasUnknownReason: Bool { reason == .unknown }

    /// Takes an event that has been read as JSON before. `false`: it does not fit.
    mutating func take(_ data: UnsafeRawBufferPointer, isCommitted: Bool, _ out: inout [UInt8]) -> Bool {
        // The event has been read before, so that reading it again cannot fail.
        guard let event = try? MessageParts(data) else { return true }
        if event.kind == .messageStart, id.isEmpty {
            id = AnswerNames.id(event.messageID, prefix: "chatcmpl-", requestID: options.requestID)
        }
        if isCommitted { open(&out) }
        switch event.kind {
        case .blockStart: return start(event, &out)
        case .blockDelta: return extend(event, &out)
        case .blockStop: stop(event.index, &out)
        case .messageDelta:
            if let text = event.stopReason { reason = reason ?? FinishReason(text) }
        case .messageStart, .other: break
        }
        return true
    }

    /// Outputs the first chunk, once.
    mutating func open(_ out: inout [UInt8]) {
        guard frames == nil else { return }
        if id.isEmpty { id = AnswerNames.id(nil, prefix: "chatcmpl-", requestID: options.requestID) }
        var model: [UInt8] = []
        JSONWriter.appendString(options.clientModel, to: &model)
        let frames = ChunkFrames(
            id: id, model: model, created: options.createdSeconds, includesUsage: options.includesUsage)
        frames.role(&out)
        self.frames = frames
    }

    /// The upstream has ended after its reason.
    mutating func finish(_ usage: Usage, _ out: inout [UInt8]) {
        open(&out)
        while let block = blocks.first { stop(block.index, &out) }
        frames?.end((reason ?? .stop).name(hasTools: calls > 0), usage, &out)
    }
}

extension StreamToOpenAI {
    private mutating func start(_ event: MessageParts, _ out: inout [UInt8]) -> Bool {
        stop(event.index, &out)  // an index used again without a stop
        guard blocks.count < TranslatedStream.callLimit else { return false }
        let part = event.part
        switch part.kind {
        case .text:
            if let text = part.text { frames?.content(text, &out) }
        case .thinking:
            let number = addThinking(event.index)
            if let text = part.thinking { frames?.thinking(text, number, &out) }
            if let signature = part.signature { frames?.signature(signature, number, &out) }
        case .redactedThinking: frames?.redacted(part.data, addThinking(event.index), &out)
        case .toolUse: return startTool(event, &out)
        default: blocks.append(Block(index: event.index, kind: .other, number: 0))
        }
        return true
    }

    private mutating func addThinking(_ index: Int64) -> Int {
        blocks.append(Block(index: index, kind: .thinking, number: thinkingBlocks))
        thinkingBlocks += 1
        return thinkingBlocks - 1
    }

    /// A call with its id and name. Its input comes in deltas; one that came with the start is told when none do.
    private mutating func startTool(_ event: MessageParts, _ out: inout [UInt8]) -> Bool {
        guard calls < TranslatedStream.callLimit else { return false }
        var block = Block(index: event.index, kind: .tool, number: calls)
        calls += 1
        if let input = event.part.input, input.count > 2 { block.input.put(escaping: Array(input)) }
        inputBytes += block.input.count
        let id = event.part.id.map { Array($0.spelling) } ?? StreamCall.madeID(block.number, options.requestID)
        let name = AnswerNames.tool(event.part.name.map { Array($0.spelling) } ?? [], options.names)
        frames?.toolStart(block.number, id: id, name: name, &out)
        blocks.append(block)
        return inputBytes <= TranslatedStream.queueLimit
    }

    private mutating func extend(_ event: MessageParts, _ out: inout [UInt8]) -> Bool {
        let part = event.part
        switch part.kind {
        case .textDelta:
            if let text = part.text { frames?.content(text, &out) }
        case .inputDelta:
            if let text = part.partialJSON, let at = place(of: event.index, .tool) {
                blocks[at].hasArguments = true
                frames?.arguments(text.spelling, blocks[at].number, &out)
            }
        case .thinkingDelta:
            guard let text = part.thinking, let number = thinkingNumber(event.index) else { break }
            frames?.thinking(text, number, &out)
        case .signatureDelta:
            guard let signature = part.signature, let number = thinkingNumber(event.index) else { break }
            frames?.signature(signature, number, &out)
        default: break
        }
        return true
    }

    private func place(of index: Int64, _ kind: Block.Kind) -> Int? {
        blocks.firstIndex { $0.index == index && $0.kind == kind }
    }

    /// The number of an open thinking block. One whose start was lost begins here (S-13), while there is room to remember it.
    private mutating func thinkingNumber(_ index: Int64) -> Int? {
        if let at = place(of: index, .thinking) { return blocks[at].number }
        return blocks.count < TranslatedStream.callLimit ? addThinking(index) : nil
    }

    /// What was open under that index is complete. A call without arguments gets those of an empty object.
    private mutating func stop(_ index: Int64, _ out: inout [UInt8]) {
        while let at = blocks.firstIndex(where: { $0.index == index }) {
            let block = blocks.remove(at: at)
            inputBytes -= block.input.count
            guard let frames, block.kind == .tool, !block.hasArguments else { continue }
            let arguments = block.input.isEmpty ? Array("{}".utf8) : block.input
            arguments.withUnsafeBytes { frames.arguments($0, block.number, &out) }
        }
    }
}
