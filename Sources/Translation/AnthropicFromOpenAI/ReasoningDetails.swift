// ReasoningDetails: an assistant's earlier thinking, on its way back to the vendor that signed it.
//
// For: `reasoning_details` as this gateway's answers carry them; pieces of one index are one block. Signed and redacted blocks
//   go back byte for byte, also those with a signature and no text.
// Refuses: to sign: what has no signature, or one of another vendor, is left out.
// Called by: RequestForAnthropic+Messages.

import JSON

struct ReasoningDetails {
    /// One block of thinking.
    enum Block {
        case thinking(texts: [UnsafeRawBufferPointer], signature: JSONText)
        case redacted(JSONText)

        func write(to writer: inout JSONWriter) {
            writer.object {
                switch self {
                case .thinking(let texts, let signature):
                    $0.member("type", "thinking")
                    $0.key("thinking")
                    $0.spelled(texts)
                    $0.key("signature")
                    $0.spelled(signature)
                case .redacted(let data):
                    $0.member("type", "redacted_thinking")
                    $0.key("data")
                    $0.spelled(data)
                }
            }
        }
    }

    private(set) var blocks: [Block] = []
    /// Whether there was reasoning that cannot be sent.
    private(set) var hasUnsigned = false

    /// Entries of one index; entries without one stand alone.
    private struct Gathered {
        let index: Int64?
        var texts: [UnsafeRawBufferPointer] = []
        var signature: JSONText?
        var data: JSONText?
    }

    /// How far back an entry may join its block. An answer has a few blocks of thinking, and clients keep their order.
    private static let mostOpen = 64

    init(_ message: BodyFields, _ path: String) throws(TranslationRefusal) {
        hasUnsigned = (message["reasoning_content"] ?? message["reasoning"])?.text.map { !$0.isEmpty } ?? false
        guard let details = message["reasoning_details"] else { return }
        guard details.kind == .array else { throw .wrongType("\(path).reasoning_details", expected: "an array") }
        var gathered: [Gathered] = []
        for entry in details.elements {
            try Self.gather(try entry.fields("\(path).reasoning_details"), "\(path).reasoning_details", &gathered)
        }
        // The plain text beside the details repeats them.
        hasUnsigned = false
        for block in gathered { add(block) }
    }

    private static let format = Array("anthropic-claude-v1".utf8)

    private static func gather(
        _ entry: BodyFields, _ path: String, _ gathered: inout [Gathered]
    ) throws(TranslationRefusal) {
        let index = entry["index"]?.integerRoundedUp
        let recent = gathered.indices.suffix(mostOpen)
        let known = index == nil ? nil : recent.last { gathered[$0].index == index }
        if known == nil { gathered.append(Gathered(index: index)) }
        let last = known ?? gathered.count - 1
        if let text = try entry.text("text", path) { gathered[last].texts.append(text.spelling) }
        // Another vendor's signatures are of no use here. SDKs that join strings may have joined this one with itself.
        if let format = try entry.text("format", path), !format.spelling.starts(with: Self.format) { return }
        if let signature = try entry.text("signature", path), !signature.isEmpty {
            gathered[last].signature = signature
        }
        if let data = try entry.text("data", path), !data.isEmpty { gathered[last].data = data }
    }

    /// A signature is base64; what some clients put there to satisfy other vendors is not.
    private mutating func add(_ block: Gathered) {
        if let data = block.data {
            blocks.append(.redacted(data))
        } else if let signature = block.signature, signature.isBase64 {
            blocks.append(.thinking(texts: block.texts, signature: signature))
        } else {
            hasUnsigned = hasUnsigned || block.texts.contains { !$0.isEmpty }
        }
    }
}

extension JSONText {
    /// Standard base64; `\/` is how some writers spell its slash.
    fileprivate var isBase64: Bool {
        guard isEscaped else { return Base64.isStandard(spelling) }
        var decoded: [UInt8] = []
        decode(into: &decoded)
        return Base64.isStandard(decoded)
    }
}
