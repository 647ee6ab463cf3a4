// ResponseItem: one item of a response's output, as far as it has come.
//
// For: ResponseItems gathers it, ResponseFrames and ResponseEnvelope write it.
// Refuses: nothing; texts are spelled for a JSON string as the upstream spelled them.
// Called by: ResponseItems, ResponseEvents, ResponsesCompletion.

struct ResponseItem {
    enum Kind: Hashable { case reasoning, text, refusal, function, custom }

    enum Status: Hashable {
        case inProgress, completed, incomplete

        var name: StaticString {
            switch self {
            case .inProgress: "in_progress"
            case .completed: "completed"
            case .incomplete: "incomplete"
            }
        }
    }

    /// A call is a function until its name is known.
    var kind: Kind
    /// What it says: text, or the arguments of a call.
    var text: [UInt8] = []
    var status = Status.inProgress
    /// Which call it is, in the order of calls.
    var call = 0
    /// The id and the name of a call, for the client; known once it has begun.
    var callID: [UInt8] = []
    var name: [UInt8] = []
    /// The block of thinking it is.
    var thought: Int64?
    /// What its vendor wants back with it.
    var seal = Seal()

    /// A vendor's signature or ciphertext of thinking, each spelled; empty where there is none.
    struct Seal {
        var id: [UInt8] = []
        var signature: [UInt8] = []
        var data: [UInt8] = []
        var format: [UInt8] = []

        var isEmpty: Bool { signature.isEmpty && data.isEmpty }
    }

    init(_ kind: Kind) { self.kind = kind }

    var isCall: Bool { kind == .function || kind == .custom }

    /// Its id: the kind's prefix, the request, its place.
    func appendID(_ suffix: [UInt8], _ index: Int, to out: inout [UInt8]) {
        switch kind {
        case .reasoning: out.put("rs_")
        case .text, .refusal: out.put("msg_")
        case .function: out.put("fc_")
        case .custom: out.put("ctc_")
        }
        out.append(contentsOf: suffix)
        out.put("_")
        out.put(index)
    }
}

extension ResponseItem {
    /// Appends the item as JSON: empty while it is in progress, else with everything it says.
    func append(_ suffix: [UInt8], _ index: Int, to out: inout [UInt8]) {
        out.put(#"{"id":""#)
        appendID(suffix, index, to: &out)
        switch kind {
        case .reasoning: appendReasoning(to: &out)
        case .text, .refusal: appendMessage(to: &out)
        case .function, .custom: appendCall(to: &out)
        }
        out.put(#","status":""#)
        out.put(status.name)
        out.put("\"}")
    }

    private func appendMessage(to out: inout [UInt8]) {
        out.put(#"","type":"message","role":"assistant","content":["#)
        if status != .inProgress { appendPart(text, to: &out) }
        out.put("]")
    }

    /// The content part of a message or the summary part of reasoning, saying `text`.
    func appendPart(_ text: [UInt8], to out: inout [UInt8]) {
        switch kind {
        case .reasoning: out.put(#"{"type":"summary_text","text":""#)
        case .refusal: out.put(#"{"type":"refusal","refusal":""#)
        default: out.put(#"{"type":"output_text","annotations":[],"logprobs":[],"text":""#)
        }
        out.append(contentsOf: text)
        out.put(#""}"#)
    }

    private func appendCall(to out: inout [UInt8]) {
        out.put(kind == .custom ? #"","type":"custom_tool_call""# : #"","type":"function_call""#)
        out.put(#","call_id":""#)
        out.append(contentsOf: callID)
        out.put(#"","name":""#)
        out.append(contentsOf: name)
        out.put(kind == .custom ? #"","input":""# : #"","arguments":""#)
        if status != .inProgress { out.append(contentsOf: text) }
        out.put("\"")
    }

    private func appendReasoning(to out: inout [UInt8]) {
        out.put(#"","type":"reasoning","summary":["#)
        if status != .inProgress, !text.isEmpty { appendPart(text, to: &out) }
        out.put("]")
        guard status != .inProgress, !seal.isEmpty else { return }
        out.put(#","encrypted_content":""#)
        ReasoningSeal.append(entries, to: &out)
        out.put("\"")
    }

    /// The entries of `reasoning_details` that its vendor wants back.
    private var entries: [UInt8] {
        var out: [UInt8] = []
        if !seal.signature.isEmpty {
            out.put(#"{"type":"reasoning.text","text":""#)
            out.append(contentsOf: text)
            out.put(#"","signature":""#)
            out.append(contentsOf: seal.signature)
            closeEntry(&out)
        }
        if !seal.data.isEmpty {
            if !out.isEmpty { out.put(",") }
            out.put(#"{"type":"reasoning.encrypted","data":""#)
            out.append(contentsOf: seal.data)
            closeEntry(&out)
        }
        return out
    }

    private func closeEntry(_ out: inout [UInt8]) {
        if !seal.id.isEmpty {
            out.put(#"","id":""#)
            out.append(contentsOf: seal.id)
        }
        if !seal.format.isEmpty {
            out.put(#"","format":""#)
            out.append(contentsOf: seal.format)
        }
        out.put(#""}"#)
    }
}
