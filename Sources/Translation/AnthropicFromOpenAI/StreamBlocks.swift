// StreamBlocks: the blocks of an Anthropic answer, one open at a time, the others waiting in their order.
//
// For: StreamToAnthropic. OpenAI's parallel calls may interleave and text may come between; Anthropic's blocks may not.
// Refuses: to cut the arguments of a call: what comes meanwhile waits until they are whole or the answer ends. More than
//   `TranslatedStream.queueLimit` waiting, or more than `callLimit` calls, does not fit (`false`).
// Called by: StreamToAnthropic.

import JSON

struct StreamBlocks {
    private typealias Frames = AnthropicFrames

    /// A block that waits for its turn: a call, or text.
    private struct Waiting {
        let kind: AnthropicFrames.Kind
        var call = 0
        var text: [UInt8] = []
    }

    /// Most blocks that wait: twice the calls, each with a text before it.
    private static let mostWaiting = 2 * TranslatedStream.callLimit

    private let options: TranslatedStream.Options
    private var openKind: AnthropicFrames.Kind?
    /// The open call, when `openKind` is `tool`.
    private var openCall = 0
    private var calls: [StreamCall] = []
    private var waiting: [Waiting] = []
    private var waitingBytes = 0
    /// Blocks started so far; the open one is the last.
    private var started = 0

    init(_ options: TranslatedStream.Options) { self.options = options }

    /// Whether the answer holds a tool call.
    var hasTools: Bool { !calls.isEmpty }
}

extension StreamBlocks {
    /// Takes a piece of text or of thinking. `false`: it does not fit.
    mutating func say(
        _ kind: AnthropicFrames.Kind, _ text: UnsafeRawBufferPointer, _ out: inout [UInt8]
    ) -> Bool {
        guard text.count > 0 else { return true }
        guard waiting.isEmpty, openKind == kind || mayClose else { return enqueue(kind, text) }
        if openKind != kind {
            close(&out)
            start(kind, &out)
        }
        Frames.delta(started - 1, kind, text, &out)
        return true
    }

    private mutating func enqueue(_ kind: AnthropicFrames.Kind, _ text: UnsafeRawBufferPointer) -> Bool {
        if waiting.last?.kind != kind {
            guard waiting.count < Self.mostWaiting else { return false }
            waiting.append(Waiting(kind: kind))
        }
        waiting[waiting.count - 1].text.append(contentsOf: text)
        return hold(text.count)
    }

    /// Counts what waits. `false`: it is too much.
    private mutating func hold(_ count: Int) -> Bool {
        waitingBytes += count
        return waitingBytes <= TranslatedStream.queueLimit
    }

    /// Takes a tool call or a fragment of one. `false`: it does not fit.
    mutating func take(_ fragment: ChatCall, _ out: inout [UInt8]) -> Bool {
        guard let at = StreamCall.place(of: fragment, in: calls) ?? begin(fragment, &out) else { return false }
        guard !calls[at].isClosed else { return true }
        calls[at].takeNames(fragment, keepsSignature: options.traits.keepsThoughtSignatures)
        var fits = true
        if let arguments = fragment.arguments {
            fits = feed(at, arguments.spelling, &out)
        } else if let object = fragment.argumentsObject {
            var spelled: [UInt8] = []
            spelled.put(escaping: Array(object))
            fits = spelled.withUnsafeBytes { feed(at, $0, &out) }
        }
        advance(&out)
        return fits
    }

    /// A call that was not there: it opens if it may, or waits. `nil`: it does not fit.
    private mutating func begin(_ fragment: ChatCall, _ out: inout [UInt8]) -> Int? {
        guard calls.count < TranslatedStream.callLimit, waiting.count < Self.mostWaiting else { return nil }
        let at = calls.count
        calls.append(StreamCall(fragment.index))
        if waiting.isEmpty, mayClose {
            close(&out)
            openKind = .tool
            openCall = at
        } else {
            waiting.append(Waiting(kind: .tool, call: at))
        }
        return at
    }

    /// Arguments of a call that is not closed: they go out if it is open and its name is known. Whole ones are not continued:
    /// some servers repeat them at the end, and twice the same object is none.
    private mutating func feed(_ at: Int, _ arguments: UnsafeRawBufferPointer, _ out: inout [UInt8]) -> Bool {
        guard !calls[at].arguments.isWhole else { return true }
        calls[at].arguments.take(arguments)
        guard openKind == .tool, openCall == at, !calls[at].name.isEmpty else {
            calls[at].pending.append(contentsOf: arguments)
            return hold(arguments.count)
        }
        if !calls[at].hasStarted { startCall(&out) }
        Frames.delta(started - 1, .tool, arguments, &out)
        return true
    }
}

extension StreamBlocks {
    /// Whether nothing is lost when the open block closes now.
    private var mayClose: Bool { openKind != .tool || calls[openCall].arguments.isWhole }

    /// Opens what waits as far as what is open may close.
    private mutating func advance(_ out: inout [UInt8]) {
        while !waiting.isEmpty, mayClose { openNext(&out) }
    }

    /// The answer is over: everything that waits goes out, and nothing stays open.
    mutating func closeAll(_ out: inout [UInt8]) {
        while !waiting.isEmpty { openNext(&out) }
        close(&out)
    }

    private mutating func openNext(_ out: inout [UInt8]) {
        close(&out)
        let next = waiting.removeFirst()
        guard next.kind != .tool else {
            openKind = .tool
            openCall = next.call
            if !calls[openCall].name.isEmpty, !calls[openCall].pending.isEmpty { startCall(&out) }
            return
        }
        start(next.kind, &out)
        next.text.withUnsafeBytes { Frames.delta(started - 1, next.kind, $0, &out) }
        waitingBytes -= next.text.count
    }

    private mutating func start(_ kind: AnthropicFrames.Kind, _ out: inout [UInt8]) {
        if kind == .text { Frames.textStart(started, &out) } else { Frames.thinkingStart(started, &out) }
        openKind = kind
        started += 1
    }

    /// Starts the open call and says what it has. It waits for its first arguments, since a name may come in pieces.
    private mutating func startCall(_ out: inout [UInt8]) {
        let id = calls[openCall].idForClient(openCall, options.requestID)
        Frames.toolStart(started, id: id, name: AnswerNames.tool(calls[openCall].name, options.names), &out)
        calls[openCall].pending.withUnsafeBytes { Frames.delta(started, .tool, $0, &out) }
        waitingBytes -= calls[openCall].pending.count
        calls[openCall].start()
        started += 1
    }

    private mutating func close(_ out: inout [UInt8]) {
        guard let kind = openKind else { return }
        if kind == .tool {
            if !calls[openCall].hasStarted { startCall(&out) }
            calls[openCall].isClosed = true
        }
        Frames.blockStop(started - 1, &out)
        openKind = nil
    }
}
