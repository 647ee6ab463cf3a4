// StreamCall: one tool call of an OpenAI stream, gathered from its fragments.
//
// For: StreamBlocks. Servers leave out indices and ids, repeat names or cut them, and use an index twice.
// Refuses: ids and names beyond `AnswerNames.longestID`.
// Called by: StreamBlocks.

import JSON

struct StreamCall {
    /// The upstream's index; `nil` when it gives none.
    let index: Int64?
    /// Spelled; empty when none was given.
    private(set) var id: [UInt8] = []
    private(set) var name: [UInt8] = []
    /// What follows the id for the client: a thought signature.
    private var suffix: [UInt8] = []
    /// Whether the arguments are whole.
    var arguments = ArgumentsEnd()
    /// Arguments that have not gone out.
    var pending: [UInt8] = []
    private(set) var hasStarted = false
    var isClosed = false

    init(_ index: Int64?) { self.index = index }

    private var hasArguments: Bool { hasStarted || !pending.isEmpty }

    /// What was pending has gone out.
    mutating func start() {
        hasStarted = true
        pending = []
    }

    /// The call's id for the client; one of ours where the upstream gave none.
    func idForClient(_ ordinal: Int, _ requestID: String) -> [UInt8] {
        (id.isEmpty ? Self.madeID(ordinal, requestID) : id) + suffix
    }

    /// An id for a call that has none, the same whenever the request is read again.
    static func madeID(_ ordinal: Int, _ requestID: String) -> [UInt8] {
        var made = Array("toolu_".utf8) + [UInt8](escaping: requestID)
        made.put("_")
        made.put(ordinal)
        return made
    }

    /// Takes over what a fragment says about the call itself.
    mutating func takeNames(_ fragment: ChatCall, keepsSignature: Bool) {
        if let given = fragment.id, id.isEmpty, given.spelling.count <= AnswerNames.longestID {
            id = Array(given.spelling)
        }
        guard !hasStarted else { return }
        if let given = fragment.name?.spelling, !name.elementsEqual(given),
            name.count + given.count <= AnswerNames.longestID
        {
            name.append(contentsOf: given)
        }
        if keepsSignature, let signature = fragment.signature { suffix = SignedCallID.suffix(signature) }
    }
}

extension StreamCall {
    /// The call of `calls` that `fragment` belongs to; `nil` when it begins one.
    static func place(of fragment: ChatCall, in calls: [StreamCall]) -> Int? {
        guard let id = fragment.id, id.spelling.count <= AnswerNames.longestID else {
            return placeWithoutID(of: fragment, in: calls)
        }
        let index = fragment.index
        let known = calls.lastIndex {
            (index == nil || $0.index == index) && $0.id.elementsEqual(id.spelling)
        }
        if let known { return known }
        // A late id belongs to the call that has none yet; else an index is used again.
        let last = index == nil ? calls.indices.last : calls.lastIndex { $0.index == index }
        guard let last, calls[last].id.isEmpty, !calls[last].arguments.isWhole else { return nil }
        return last
    }

    private static func placeWithoutID(of fragment: ChatCall, in calls: [StreamCall]) -> Int? {
        let index = fragment.index
        let last = index == nil ? calls.indices.last : calls.lastIndex { $0.index == index }
        guard let last else { return nil }
        return calls[last].isFollowed(by: fragment) ? nil : last
    }

    /// Whether a fragment without an id begins the next call: it brings a name and arguments although ours are whole, or another
    /// name where calls have no index.
    private func isFollowed(by fragment: ChatCall) -> Bool {
        guard let next = fragment.name else { return false }
        let bringsArguments = fragment.arguments != nil || fragment.argumentsObject != nil
        if arguments.isWhole, bringsArguments { return true }
        return fragment.index == nil && hasArguments && !name.elementsEqual(next.spelling)
    }
}
