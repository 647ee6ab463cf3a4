// CompactJSON: a JSON value without what says nothing.
//
// For: the agent API's `format: compact`: vendors' answers are half empty, and a model pays for every token of them.
// Refuses: what is not JSON. Numbers, strings and the order of members stay as the provider wrote them.
// Called by: AgentAnswer.

public import JSON

/// Leaves out white space, and members whose value is null, an empty string, an empty array or an empty object, also
/// when it is empty only because everything in it was left out. Elements of arrays stay, so that places mean what
/// they meant.
public enum CompactJSON {
    /// What is left of `text`; a value that is empty as a whole stays.
    public static func of(_ text: UnsafeRawBufferPointer) throws(JSONFault) -> [UInt8] {
        var walk = Walk(text: text, scanner: JSONScanner(text))
        _ = try walk.value()
        try walk.scanner.finish()
        return walk.out
    }

    private struct Walk {
        let text: UnsafeRawBufferPointer
        var scanner: JSONScanner
        var out: [UInt8] = []

        /// Writes what is left of the next value; whether it is empty. The scanner bounds the depth.
        mutating func value() throws(JSONFault) -> Bool {
            switch try scanner.peek() {
            case .object: return try object()
            case .array: return try array()
            case .string:
                let string = try scanner.text()
                out.append(contentsOf: text[string.quotedRange])
                return string.isEmpty
            case .null:
                out.append(contentsOf: text[try scanner.skip()])
                return true
            case .number, .boolean:
                out.append(contentsOf: text[try scanner.skip()])
                return false
            }
        }

        private mutating func object() throws(JSONFault) -> Bool {
            try scanner.enterObject()
            out.append(UInt8(ascii: "{"))
            var isEmpty = true
            while let key = try scanner.nextMember() {
                let mark = out.count
                if !isEmpty { out.append(UInt8(ascii: ",")) }
                out.append(contentsOf: text[key.quotedRange])
                out.append(UInt8(ascii: ":"))
                if try value() { out.removeSubrange(mark...) } else { isEmpty = false }
            }
            out.append(UInt8(ascii: "}"))
            return isEmpty
        }

        private mutating func array() throws(JSONFault) -> Bool {
            try scanner.enterArray()
            out.append(UInt8(ascii: "["))
            var isEmpty = true
            while try scanner.nextElement() {
                if !isEmpty { out.append(UInt8(ascii: ",")) }
                isEmpty = false
                _ = try value()
            }
            out.append(UInt8(ascii: "]"))
            return isEmpty
        }
    }
}
