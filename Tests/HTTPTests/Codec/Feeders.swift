// Feeders: drive the pure codec the way the shells do, from pieces of any size, into comparable values.
//
// For: every codec test, so that "whole", "byte by byte" and "cut here" are one line each.
// Refuses: nothing.
// Called by: the tests of this folder and the differential fuzzers.

import NIOCore

@testable import HTTP

/// One message as a test compares it.
struct SeenMessage: Equatable, CustomStringConvertible {
    var start: String
    var fields: [String]
    var body: [UInt8]
    var isComplete = false

    var description: String {
        "\(start) \(fields) body \(body.count): \(String(decoding: body.prefix(80), as: UTF8.self)) complete \(isComplete)"
    }
}

/// What a whole input came to.
struct SeenRequests: Equatable {
    var messages: [SeenMessage] = []
    var problem: RequestProblem?
    var completed: Int { messages.count { $0.isComplete } }
}

struct SeenResponses: Equatable {
    var messages: [SeenMessage] = []
    var problem: Malformation?
    var completed: Int { messages.count { $0.isComplete } }
}

/// How input is cut.
enum Cut: CustomStringConvertible {
    case whole, bytes, at(Int), pieces([Int])

    func split(_ input: [UInt8]) -> [[UInt8]] {
        switch self {
        case .whole: return [input]
        case .bytes: return input.map { [$0] }
        case .at(let offset): return [Array(input[..<offset]), Array(input[offset...])]
        case .pieces(let sizes):
            var rest = input[...]
            var result: [[UInt8]] = []
            for size in sizes where !rest.isEmpty {
                result.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            return result + [Array(rest)]
        }
    }

    var description: String {
        switch self {
        case .whole: "whole"
        case .bytes: "byte by byte"
        case .at(let offset): "cut at \(offset)"
        case .pieces(let sizes): "pieces \(sizes)"
        }
    }
}

/// Requests from bytes: heads, then bodies, then the next head.
struct RequestFeeder {
    private var input: [UInt8] = []
    private var parser: RequestHeadParser
    private var head = RequestHead()
    private var decoder: BodyDecoder?
    /// The last message said that the connection ends: like the shells, read nothing more.
    private var isLast = false
    private(set) var seen = SeenRequests()

    init(limits: HeadLimits = HeadLimits()) { parser = RequestHeadParser(limits: limits) }

    static func read(_ input: [UInt8], _ cut: Cut = .whole, limits: HeadLimits = HeadLimits()) -> SeenRequests {
        var feeder = RequestFeeder(limits: limits)
        for piece in cut.split(input) { feeder.feed(piece) }
        return feeder.seen
    }

    mutating func feed(_ bytes: [UInt8]) {
        input += bytes
        while seen.problem == nil, !(isLast && decoder == nil), step() {}
    }

    private mutating func step() -> Bool {
        guard var decoder else { return readHead() }
        let step = input.withUnsafeBytes { decoder.next($0) }
        self.decoder = decoder
        if case .malformed(let malformation) = step.state {
            seen.problem = .malformed(malformation)
            return false
        }
        seen.messages[seen.messages.count - 1].body += input[step.data]
        input.removeFirst(step.consumed)
        switch step.state {
        case .complete:
            seen.messages[seen.messages.count - 1].isComplete = true
            self.decoder = nil
            parser.reset()
            head.removeAll()
            return true
        case .more: return true
        case .needMore, .malformed: return false
        }
    }

    private mutating func readHead() -> Bool {
        guard !input.isEmpty else { return false }
        switch input.withUnsafeBytes({ parser.parse($0, into: &head) }) {
        case .needMore: return false
        case .refused(let problem):
            seen.problem = problem
            return false
        case .complete(let length):
            head.fields.bytes = ByteBuffer(bytes: input[..<length])
            input.removeFirst(length)
            seen.messages.append(SeenMessage(start: startLine(head), fields: describe(head.fields), body: []))
            decoder = BodyDecoder(parser.framing)
            isLast = !parser.framingFields.keepsAlive(version: head.version)
            return true
        }
    }

    private func startLine(_ head: RequestHead) -> String {
        let target = head.targetBytes.map { String(buffer: $0) } ?? ""
        return "\(head.methodText) \(target) \(head.version)"
    }
}

/// Responses from bytes; `toHead` as if every request had been HEAD.
struct ResponseFeeder {
    private var input: [UInt8] = []
    private var parser = ResponseHeadParser(limits: HeadLimits())
    private var head = ResponseHead()
    private var decoder: BodyDecoder?
    private var isLast = false
    private let toHead: Bool
    private(set) var seen = SeenResponses()

    init(toHead: Bool = false) { self.toHead = toHead }

    static func read(_ input: [UInt8], _ cut: Cut = .whole, toHead: Bool = false) -> SeenResponses {
        var feeder = ResponseFeeder(toHead: toHead)
        for piece in cut.split(input) { feeder.feed(piece) }
        feeder.close()
        return feeder.seen
    }

    mutating func feed(_ bytes: [UInt8]) {
        input += bytes
        while seen.problem == nil, !(isLast && decoder == nil), step() {}
    }

    mutating func close() {
        if seen.problem == nil, let decoder, decoder.endsAtClose {
            seen.messages[seen.messages.count - 1].isComplete = true
        }
    }

    private mutating func step() -> Bool {
        guard var decoder else { return readHead() }
        let step = input.withUnsafeBytes { decoder.next($0) }
        self.decoder = decoder
        if case .malformed(let malformation) = step.state {
            seen.problem = malformation
            return false
        }
        seen.messages[seen.messages.count - 1].body += input[step.data]
        input.removeFirst(step.consumed)
        switch step.state {
        case .complete:
            seen.messages[seen.messages.count - 1].isComplete = true
            self.decoder = nil
            parser.reset()
            head.removeAll()
            return true
        case .more: return true
        case .needMore, .malformed: return false
        }
    }

    private mutating func readHead() -> Bool {
        guard !input.isEmpty else { return false }
        switch input.withUnsafeBytes({ parser.parse($0, into: &head) }) {
        case .needMore: return false
        case .refused(let malformation):
            seen.problem = malformation
            return false
        case .complete(let length):
            head.fields.bytes = ByteBuffer(bytes: input[..<length])
            input.removeFirst(length)
            let start = "\(head.version) \(head.status)"
            seen.messages.append(SeenMessage(start: start, fields: describe(head.fields), body: []))
            decoder = BodyDecoder(parser.framing(status: head.status, toHead: toHead))
            isLast = head.status >= 200 && !parser.framingFields.keepsAlive(version: head.version)
            return true
        }
    }
}

/// "name: value" of every field.
func describe(_ fields: FieldTable) -> [String] {
    var result: [String] = []
    fields.forEach { name, value in
        result.append("\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))")
    }
    return result
}

/// Every way of cutting `input` that a test tries: whole, byte by byte, and once at every point.
func everyCut(of input: [UInt8]) -> [Cut] {
    [.whole, .bytes] + (1..<max(1, input.count)).map { Cut.at($0) }
}

extension Array where Element == UInt8 {
    /// Test inputs are written as text.
    init(_ text: StaticString) {
        self = Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
