// BodyValue: a value of a request body where it stands, read when somebody asks.
//
// For: the request translations, which look at a few members of each object and copy strings, numbers and schemas as they
//   were spelled. No tree: a body of megabytes costs its own bytes and those of the result.
// Refuses: objects with more than `BodyFields.most` members where the API knows a dozen.
// Called by: RequestForOpenAI, RequestForAnthropic.

import JSON

/// One JSON value. Valid while the body's bytes are.
struct BodyValue {
    /// The value's bytes, no white space around them.
    let bytes: UnsafeRawBufferPointer
    let kind: JSONKind

    /// The value in `bytes`, or `nil` when they are not JSON.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(bytes)
        guard let range = try? scanner.skip() else { return nil }
        self.init(bytes, range)
    }

    /// The value at `range`, which a scanner has just passed over: it is not looked through a second time.
    fileprivate init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[range])
        var scanner = JSONScanner(self.bytes)
        guard let kind = try? scanner.peek() else { preconditionFailure("what a scanner passed over is a value") }
        self.kind = kind
    }

    var isNull: Bool { kind == .null }

    /// The text of a string.
    var text: JSONText? {
        guard kind == .string else { return nil }
        var scanner = JSONScanner(bytes)
        return try? scanner.text()
    }

    /// The value of a boolean.
    var boolean: Bool? {
        guard kind == .boolean else { return nil }
        var scanner = JSONScanner(bytes)
        return try? scanner.boolean()
    }

    /// A number as an integer, rounded up when it is none; `nil` beyond 64 bits or for another kind.
    var integerRoundedUp: Int64? {
        guard kind == .number else { return nil }
        var scanner = JSONScanner(bytes)
        switch try? scanner.number().integer {
        case .exact(let value), .roundedUp(let value): return value
        default: return nil
        }
    }

    /// Whether it is the number 1, however it is spelled.
    var isOne: Bool {
        guard kind == .number else { return false }
        var scanner = JSONScanner(bytes)
        return (try? scanner.number().integer) == .exact(1)
    }

    /// Whether nothing stands in an array or an object.
    var isEmpty: Bool {
        var scanner = JSONScanner(bytes)
        switch kind {
        case .array:
            return (try? scanner.enterArray()) != nil && (try? scanner.nextElement()) == false
        case .object:
            return (try? scanner.enterObject()) != nil && (try? scanner.nextMember()) == nil
        default: return false
        }
    }

    /// The elements of an array, one at a time; none for another kind.
    var elements: BodyElements { BodyElements(self) }

    /// The members of an object.
    func fields(_ place: @autoclosure () -> String) throws(TranslationRefusal) -> BodyFields {
        guard kind == .object else { throw .wrongType(place(), expected: "an object") }
        var scanner = JSONScanner(bytes)
        var fields = BodyFields()
        guard (try? scanner.enterObject()) != nil else { return fields }
        while let key = try? scanner.nextMember(), let range = try? scanner.skip() {
            guard fields.members.count < BodyFields.most else {
                throw TranslationRefusal("\(place()): has more than \(BodyFields.most) members.", field: place())
            }
            fields.members.append((key, BodyValue(bytes, range)))
        }
        return fields
    }
}

/// The elements of an array in their order.
struct BodyElements: Sequence, IteratorProtocol {
    private var scanner: JSONScanner
    private let bytes: UnsafeRawBufferPointer
    private var isOpen: Bool

    init(_ array: BodyValue) {
        bytes = array.bytes
        scanner = JSONScanner(bytes)
        isOpen = false
        if array.kind == .array { isOpen = (try? scanner.enterArray()) != nil }
    }

    /// No elements.
    init(none: Void) {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        scanner = JSONScanner(bytes)
        isOpen = false
    }

    mutating func next() -> BodyValue? {
        guard isOpen, (try? scanner.nextElement()) == true, let range = try? scanner.skip() else {
            isOpen = false
            return nil
        }
        return BodyValue(bytes, range)
    }
}

/// The members of one object in the order of the text.
struct BodyFields {
    /// Four times the members of the richest object of either API, a request itself.
    static let most = 256

    fileprivate(set) var members: [(key: JSONText, value: BodyValue)] = []

    /// The last member of that key, as common parsers choose. `null` counts as absent, as it does with both vendors.
    subscript(_ key: StaticString) -> BodyValue? {
        guard let value = members.last(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    /// A member that must be a string when it is there.
    func text(_ key: StaticString, _ place: @autoclosure () -> String) throws(TranslationRefusal) -> JSONText? {
        guard let value = self[key] else { return nil }
        guard let text = value.text else { throw .wrongType("\(place()).\(key)", expected: "a string") }
        return text
    }

    /// A member that must be there and be a string.
    func requiredText(
        _ key: StaticString, _ place: @autoclosure () -> String
    ) throws(TranslationRefusal) -> JSONText {
        guard let text = try text(key, place()) else { throw .missing("\(place()).\(key)") }
        return text
    }

    /// Whether the string of that key is `word`.
    func holds(_ key: StaticString, _ word: StaticString) -> Bool {
        guard let text = self[key]?.text else { return false }
        return text == word
    }
}
