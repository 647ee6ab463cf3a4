// ResponseEvents: tells a client of a response as it grows, one open item at a time.
//
// For: ResponsesCrossing. Calls whose fragments interleave come one after the other; a custom tool's input comes whole.
// Refuses: to end the arguments of a call before they are whole or the answer ends.
// Called by: ResponsesCrossing.

import JSON

struct ResponseEvents {
    private let envelope: ResponseEnvelope
    private var frames: ResponseFrames
    private var items: ResponseItems
    /// The item that is being told, or comes next.
    private var next = 0
    private var hasBegun = false
    /// Bytes of its text that have been told.
    private var told = 0
    private var reasoningTokens: Int64 = 0
    /// `response.created` has been output.
    private(set) var isOpen = false

    init(_ options: ResponsesStream.Options) {
        envelope = ResponseEnvelope(options)
        frames = ResponseFrames(suffix: envelope.suffix)
        items = ResponseItems(options.context, requestID: options.requestID, textLimit: ResponsesStream.textLimit)
    }

    /// The upstream has said why it ended.
    var isWhole: Bool { items.reason != nil }

    /// Takes a chunk that has been read as JSON before. `false`: it does not fit.
    mutating func take(_ data: UnsafeRawBufferPointer) -> Bool {
        // The chunk has been read before, so that reading it again cannot fail.
        (try? read(data)) ?? true
    }

    private mutating func read(_ data: UnsafeRawBufferPointer) throws(JSONFault) -> Bool {
        var fits = true
        var scanner = JSONScanner(data)
        try scanner.enterObject()
        while fits, let key = try scanner.nextMember() {
            if key == "choices", try scanner.peek() == .array {
                fits = try items.takeChoices(&scanner, data, speech: "delta")
            } else if key == "usage" {
                reasoningTokens = try ResponseUsage.reasoning(&scanner) ?? reasoningTokens
            } else {
                try scanner.skip()
            }
        }
        return fits
    }

    /// Outputs `response.created` and `response.in_progress`, once.
    mutating func open(_ out: inout [UInt8]) {
        guard !isOpen else { return }
        isOpen = true
        for type in ["created", "in_progress"] as [StaticString] {
            frames.response(type, &out) { envelope.append(.inProgress, [], to: &$0) }
        }
    }
}

extension ResponseEvents {
    /// Tells what has come and may be told.
    mutating func tell(_ out: inout [UInt8]) {
        open(&out)
        if let reason = items.reason { return tellAll(isCut: reason.isCut, &out) }
        while next < items.list.count, items.mayBegin(next) {
            tellGrowth(&out)
            guard next + 1 < items.list.count, items.mayEnd(next) else { return }
            items.end(next, isCut: false)
            tellEnd(&out)
        }
    }

    /// Ends what is open and tells the rest.
    private mutating func tellAll(isCut: Bool, _ out: inout [UInt8]) {
        items.endAll(from: next, isCut: isCut)
        while next < items.list.count { tellEnd(&out) }
    }

    private mutating func begin(_ out: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        var item = items.list[next]
        item.status = .inProgress
        frames.item(item, next, &out)
        if !item.text.isEmpty { frames.part(item, next, isDone: false, &out) }
    }

    /// The open item's text as far as it has come. A custom tool's arguments are not yet its input.
    private mutating func tellGrowth(_ out: inout [UInt8]) {
        let item = items.list[next]
        guard !item.text.isEmpty || item.isCall else { return }
        begin(&out)
        guard told < item.text.count, item.kind != .custom || item.status != .inProgress else { return }
        frames.delta(item, next, from: told, &out)
        told = item.text.count
    }

    private mutating func tellEnd(_ out: inout [UInt8]) {
        tellGrowth(&out)
        begin(&out)
        let item = items.list[next]
        if !item.text.isEmpty || item.isCall {
            frames.whole(item, next, &out)
            frames.part(item, next, isDone: true, &out)
        }
        frames.item(item, next, &out)
        next += 1
        hasBegun = false
        told = 0
    }
}

extension ResponseEvents {
    /// The upstream has ended after its reason.
    mutating func finish(_ usage: ResponseUsageReading, _ out: inout [UInt8]) {
        let reason = items.reason ?? .whole
        open(&out)
        tellAll(isCut: reason.isCut, &out)
        let ended = ResponseEnvelope.Standing.ended(
            reason, ResponseUsage(usage: usage.settled, reasoning: reasoningTokens))
        frames.response(reason.isCut ? "incomplete" : "completed", &out) {
            envelope.append(ended, items.list, to: &$0)
        }
    }

    /// The response cannot go on: what is open is incomplete, and nothing follows (T-01, Y-12).
    mutating func fail(_ code: String, _ message: String, _ usage: ResponseUsageReading, _ out: inout [UInt8]) {
        open(&out)
        tellAll(isCut: true, &out)
        let used = usage.reported.map { ResponseUsage(usage: $0, reasoning: reasoningTokens) }
        frames.response("failed", &out) {
            envelope.append(.failed(code: code, message: message, used), items.list, to: &$0)
        }
    }
}
