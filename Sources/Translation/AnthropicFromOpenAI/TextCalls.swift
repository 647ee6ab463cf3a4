// TextCalls: tool calls that a model writes into its text, between `<tool_call>` and `</tool_call>`.
//
// For: models of Qwen's kin behind servers that do not parse them (`UpstreamTraits.writesToolCallsAsText`).
// Refuses: to guess: what is not a JSON object with a name is text, tags and all. Holds text only while it may be a tag, and at
//   most `longestCall` bytes of a call.
// Called by: StreamToAnthropic, CompletionToAnthropic.

import JSON

/// Works on decoded text, since servers may spell `<` as an escape.
struct TextCalls {
    /// What was found; valid while the sink is called.
    enum Piece {
        /// Text, spelled for a JSON string.
        case text(UnsafeRawBufferPointer)
        case call(ChatCall)
    }

    /// Takes the next piece; `false`: it does not fit.
    typealias Sink = (Piece) -> Bool

    private static let opening = Array("<tool_call>".utf8)
    private static let closing = Array("</tool_call>".utf8)
    /// Most bytes between the tags: an eighth of what other calls may have waiting.
    private static let longestCall = TranslatedStream.queueLimit / 8

    /// Decoded text; from `start` on it has not been handed on. It is cut off once a call, lest many tags in one text move the
    /// rest as many times.
    private var held: [UInt8] = []
    private var start = 0
    private var isInside = false
    /// Up to here `held` has no closing tag.
    private var searched = 0
    /// White space between calls says nothing.
    private var dropsSpace = false
    private var count = 0

    /// Takes a piece of text. `false`: it does not fit.
    mutating func take(_ text: JSONText, _ sink: Sink) -> Bool {
        text.decode(into: &held)
        var fits = true
        while fits, isInside ? takeInside(&fits, sink) : takeOutside(&fits, sink) {}
        held.removeFirst(start)
        searched -= start
        start = 0
        return fits
    }

    /// The answer ends: a call without its closing tag is one if it reads as one.
    mutating func finish(_ sink: Sink) -> Bool {
        let rest = held
        held = []
        guard isInside else { return say(rest[...], sink) }
        isInside = false
        return takeCall(rest[...], isClosed: false, sink)
    }
}

extension TextCalls {
    /// Text up to a tag or what may become one. Returns whether there is more to look at.
    private mutating func takeOutside(_ fits: inout Bool, _ sink: Sink) -> Bool {
        var at = start
        while at < held.count {
            let isTag =
                held[at] == UInt8(ascii: "<") && Self.opening.starts(with: held[at...].prefix(Self.opening.count))
            if isTag { break }
            at += 1
        }
        fits = say(held[start..<at], sink)
        isInside = held.count - at >= Self.opening.count
        start = isInside ? at + Self.opening.count : at
        searched = start
        return isInside
    }

    /// A call up to its closing tag. Returns whether there is more to look at.
    private mutating func takeInside(_ fits: inout Bool, _ sink: Sink) -> Bool {
        var at = searched
        while at + Self.closing.count <= held.count {
            if held[at] == UInt8(ascii: "<"), held[at...].starts(with: Self.closing) { break }
            at += 1
        }
        searched = at
        if at + Self.closing.count <= held.count {
            fits = takeCall(held[start..<at], isClosed: true, sink)
            start = at + Self.closing.count
            isInside = false
            return true
        }
        guard held.count - start > Self.longestCall else { return false }
        fits = say(Self.opening + held[start...], sink)
        start = held.count
        searched = start
        isInside = false
        return false
    }

    /// What stood between the tags, as a call or as the text it was.
    private mutating func takeCall(_ body: ArraySlice<UInt8>, isClosed: Bool, _ sink: Sink) -> Bool {
        // Each is a call of its own; these indices are out of the upstream's reach.
        let index = ChatCall.functionCallIndex - 1 - Int64(count)
        let fits = body.withUnsafeBytes { bytes -> Bool? in
            guard let call = try? ChatCall(functionCall: bytes, index: index), call.name != nil else { return nil }
            return sink(.call(call))
        }
        guard let fits else {
            return say(Self.opening + body + (isClosed ? Self.closing : []), sink)
        }
        count += 1
        dropsSpace = true
        return fits
    }

    private mutating func say(_ text: ArraySlice<UInt8>, _ sink: Sink) -> Bool {
        let rest = dropsSpace ? text.drop { $0 <= 0x20 } : text
        guard !rest.isEmpty else { return true }
        dropsSpace = false
        var spelled: [UInt8] = []
        rest.withUnsafeBytes { JSONWriter.appendEscaped($0, to: &spelled) }
        return spelled.withUnsafeBytes { sink(.text($0)) }
    }
}
