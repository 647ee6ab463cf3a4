// ResponseItems: what a chat answer says, as the items of a response's output.
//
// For: streams, delta by delta, and whole answers at once. It gathers; ResponseEvents tells.
// Refuses: more text than `textLimit`, more items or calls than theirs (`false`: it does not fit); choices beyond the first.
// Called by: ResponseEvents, ResponsesCompletion.

import JSON

struct ResponseItems {
    private let context: ResponsesContext
    private let requestID: String
    private let textLimit: Int
    private(set) var list: [ResponseItem] = []
    private(set) var calls: [StreamCall] = []
    /// The item of each call.
    private var places: [Int] = []
    private var textBytes = 0
    private(set) var reason: ResponseReason?

    init(_ context: ResponsesContext, requestID: String, textLimit: Int) {
        self.context = context
        self.requestID = requestID
        self.textLimit = textLimit
    }

    /// Takes the choices that come next in `data`; what they say stands in their member `speech`. `false`: it does not fit.
    mutating func takeChoices(
        _ scanner: inout JSONScanner, _ data: UnsafeRawBufferPointer, speech: StaticString
    ) throws(JSONFault) -> Bool {
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            let start = scanner
            let parts = try ChatParts(&scanner, speech: speech)
            guard parts.index == 0 else { continue }
            let entries = try ReasoningEntry.all(start, speech: speech)
            guard try take(parts, entries, data) else { return false }
        }
        return true
    }

    /// What a chunk brings is read in the order in which models produce it.
    private mutating func take(
        _ parts: ChatParts, _ entries: [ReasoningEntry], _ data: UnsafeRawBufferPointer
    ) throws(JSONFault) -> Bool {
        var fits = think(parts.reasoning, entries)
        if let text = parts.content, fits { fits = say(.text, text.spelling) }
        if let list = parts.contentList, fits {
            try ChatPartList.forEach(UnsafeRawBufferPointer(rebasing: data[list])) { text, isThinking in
                guard fits else { return }
                fits = isThinking ? think(text, []) : say(.text, text.spelling)
            }
        }
        if let text = parts.refusal, fits { fits = say(.refusal, text.spelling) }
        if let calls = parts.toolCalls, fits { fits = try takeCalls(UnsafeRawBufferPointer(rebasing: data[calls])) }
        if let call = parts.functionCall, fits {
            fits = take(try ChatCall(functionCall: UnsafeRawBufferPointer(rebasing: data[call])))
        }
        if let finish = parts.finish { reason = reason ?? ResponseReason(finish) }
        return fits
    }

    private mutating func takeCalls(_ list: UnsafeRawBufferPointer) throws(JSONFault) -> Bool {
        var scanner = JSONScanner(list)
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            guard take(try ChatCall(&scanner, in: list)) else { return false }
        }
        return true
    }
}

extension ResponseItems {
    /// Begins an item. `false`: there are too many.
    private mutating func begin(_ kind: ResponseItem.Kind) -> Bool {
        guard list.count < ResponsesStream.itemLimit else { return false }
        list.append(ResponseItem(kind))
        return true
    }

    /// Counts what is kept. `false`: it is too much.
    private mutating func keep(_ count: Int) -> Bool {
        textBytes += count
        return textBytes <= textLimit
    }

    /// Whether the last item is of that kind and still open.
    private func continues(_ kind: ResponseItem.Kind) -> Bool {
        guard let last = list.last else { return false }
        return last.kind == kind && last.status == .inProgress
    }

    private mutating func say(_ kind: ResponseItem.Kind, _ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count > 0 else { return true }
        if !continues(kind) {
            guard begin(kind) else { return false }
        }
        list[list.count - 1].text.append(contentsOf: text)
        return keep(text.count)
    }

    /// Reasoning: `text` for people, unless the entries have it, too, and block by block.
    private mutating func think(_ text: JSONText?, _ entries: [ReasoningEntry]) -> Bool {
        var fits = true
        if let text, !entries.contains(where: { $0.text != nil }) {
            guard beginThought(entries.first?.index) else { return false }
            fits = say(.reasoning, text.spelling)
        }
        for entry in entries where fits { fits = think(entry) }
        return fits
    }

    /// An entry continues the open reasoning if that is of its block. A signature for one that has been told comes too late.
    private mutating func think(_ entry: ReasoningEntry) -> Bool {
        guard entry.text != nil || entry.signature != nil || entry.data != nil else { return true }
        if entry.text == nil, isTold(entry.index) { return true }
        guard beginThought(entry.index) else { return false }
        let last = list.count - 1
        if let text = entry.text { list[last].text.append(contentsOf: text.spelling) }
        if let signature = entry.signature { list[last].seal.signature = Array(signature.spelling) }
        if let data = entry.data { list[last].seal.data = Array(data.spelling) }
        if let id = entry.id { list[last].seal.id = Array(id.spelling) }
        if let format = entry.format { list[last].seal.format = Array(format.spelling) }
        return keep([entry.text, entry.signature, entry.data].reduce(0) { $0 + ($1?.spelling.count ?? 0) })
    }

    private mutating func beginThought(_ index: Int64?) -> Bool {
        if continues(.reasoning) {
            let known = list[list.count - 1].thought
            if known == nil { list[list.count - 1].thought = index }
            if known == nil || index == nil || known == index { return true }
        }
        guard begin(.reasoning) else { return false }
        list[list.count - 1].thought = index
        return true
    }

    private func isTold(_ index: Int64?) -> Bool {
        guard index != nil, !continues(.reasoning) else { return false }
        return list.contains { $0.kind == .reasoning && $0.thought == index }
    }
}

extension ResponseItems {
    /// Takes a tool call or a fragment of one. Arguments that are whole are not continued: some servers repeat them at the
    /// end.
    private mutating func take(_ fragment: ChatCall) -> Bool {
        guard let at = StreamCall.place(of: fragment, in: calls) ?? beginCall(fragment) else { return false }
        let place = places[at]
        guard list[place].status == .inProgress, !calls[at].arguments.isWhole else { return true }
        calls[at].takeNames(fragment, keepsSignature: true)
        var fits = true
        if let arguments = fragment.arguments {
            fits = add(arguments.spelling, at)
        } else if let object = fragment.argumentsObject {
            var spelled: [UInt8] = []
            spelled.put(escaping: Array(object))
            fits = spelled.withUnsafeBytes { add($0, at) }
        }
        if !list[place].text.isEmpty, !calls[at].name.isEmpty, !calls[at].hasStarted { name(at) }
        return fits
    }

    private mutating func beginCall(_ fragment: ChatCall) -> Int? {
        guard calls.count < TranslatedStream.callLimit, begin(.function) else { return nil }
        list[list.count - 1].call = calls.count
        places.append(list.count - 1)
        calls.append(StreamCall(fragment.index))
        return calls.count - 1
    }

    private mutating func add(_ arguments: UnsafeRawBufferPointer, _ at: Int) -> Bool {
        calls[at].arguments.take(arguments)
        list[places[at]].text.append(contentsOf: arguments)
        return keep(arguments.count)
    }

    /// The call's id and name are final: its arguments have begun, or it has ended.
    private mutating func name(_ at: Int) {
        calls[at].start()
        let place = places[at]
        list[place].name = calls[at].name
        list[place].callID = callID(calls[at].idForClient(at, requestID))
        if context.isCustom(calls[at].name) { list[place].kind = .custom }
    }

    /// An id that was changed in the request comes back as the client wrote it (Y-14).
    private func callID(_ id: [UInt8]) -> [UInt8] {
        guard !context.callIDs.isEmpty else { return id }
        let text = id.unspelled
        let original = context.callIDs.original(of: text)
        guard original != text else { return id }
        var spelled: [UInt8] = []
        spelled.put(escaping: original)
        return spelled
    }
}

extension ResponseItems {
    /// Whether what has come of an item may be told: a call's name must be known.
    func mayBegin(_ index: Int) -> Bool { !list[index].isCall || calls[list[index].call].hasStarted }

    /// Whether nothing can be added to an item that others follow.
    func mayEnd(_ index: Int) -> Bool { !list[index].isCall || calls[list[index].call].arguments.isWhole }

    /// Ends an item. A call without arguments gets those of an empty object; a custom tool's are its input.
    mutating func end(_ index: Int, isCut: Bool) {
        if list[index].isCall {
            if !calls[list[index].call].hasStarted { name(list[index].call) }
            if list[index].text.isEmpty, !isCut { list[index].text.put("{}") }
            if list[index].kind == .custom { list[index].text = CustomTool.input(of: list[index].text) }
        }
        list[index].status = isCut ? .incomplete : .completed
    }

    /// Ends what is open. Of an answer that was cut, every call is incomplete whose arguments are not whole, and text if it is
    /// the last item.
    mutating func endAll(from first: Int = 0, isCut: Bool) {
        for index in list.indices.dropFirst(first) where list[index].status == .inProgress {
            let isOpenEnded = list[index].isCall ? !mayEnd(index) : index == list.count - 1
            end(index, isCut: isCut && isOpenEnded)
        }
    }
}
