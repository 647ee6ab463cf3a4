// ReceivedObject: the members of a received JSON object, as ranges.
//
// For: replays, which write a few members anew and copy all others as they were spelled.
// Refuses: what is no object.
// Called by: AnthropicReplay, OpenAIReplay.

import JSON

/// Valid while the bytes it was read from are.
struct ReceivedObject {
    let bytes: UnsafeRawBufferPointer
    private(set) var members: [Member] = []

    /// One member; its value is a range of the bytes.
    struct Member {
        let key: JSONText
        let value: Slice<UnsafeRawBufferPointer>

        /// Whether the value is `null`.
        var isNull: Bool { value.first == UInt8(ascii: "n") }
        /// Whether the value is a string.
        var isString: Bool { value.first == UInt8(ascii: "\"") }
        /// Whether the value is an array.
        var isArray: Bool { value.first == UInt8(ascii: "[") }
    }

    init(_ slice: Slice<UnsafeRawBufferPointer>) throws(JSONFault) {
        bytes = UnsafeRawBufferPointer(rebasing: slice)
        var scanner = JSONScanner(bytes)
        try scanner.enterObject()
        while let key = try scanner.nextMember() { members.append(Member(key: key, value: bytes[try scanner.skip()])) }
    }

    /// The last member of that name that is not `null`.
    subscript(name: StaticString) -> Member? { members.last { $0.key == name && !$0.isNull } }

    /// Whether the member of that name is the string `text`, which needs no escapes.
    func has(_ name: StaticString, _ text: StaticString) -> Bool {
        guard let value = self[name]?.value else { return false }
        return text.withUTF8Buffer { value.dropFirst().dropLast().elementsEqual($0) }
    }

    /// The elements of a received array.
    static func elements(_ slice: Slice<UnsafeRawBufferPointer>) throws(JSONFault) -> [Slice<UnsafeRawBufferPointer>] {
        let bytes = UnsafeRawBufferPointer(rebasing: slice)
        var scanner = JSONScanner(bytes)
        var elements: [Slice<UnsafeRawBufferPointer>] = []
        try scanner.enterArray()
        while try scanner.nextElement() { elements.append(bytes[try scanner.skip()]) }
        return elements
    }
}
