// Scanner: pulling values in the order of the bytes.

import JSON
import Testing

@Suite struct ScannerTests {
    @discardableResult
    private func scan<Value>(_ text: String, _ body: (inout JSONScanner) throws -> Value) rethrows -> Value {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return try body(&scanner)
        }
    }

    @Test func showsDuplicateKeysInTheirOrder() throws {
        let keys = try scan(#"{"a":1,"b":[{}],"a":2}"#) { scanner in
            var keys: [String] = []
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                keys.append(key.repairedString)
                try scanner.skip()
            }
            try scanner.finish()
            return keys
        }
        #expect(keys == ["a", "b", "a"])
    }

    @Test func givesTheSpanOfAnyValue() throws {
        let text = #" {"a" :  [1, {"b":"]"}] , "c":"x\"y" }"#
        let spans = try scan(text) { scanner in
            var spans: [String] = []
            try scanner.enterObject()
            while try scanner.nextMember() != nil {
                let span = try scanner.skip()
                spans.append(String(decoding: Array(text.utf8)[span], as: UTF8.self))
            }
            return spans
        }
        #expect(spans == [#"[1, {"b":"]"}]"#, #""x\"y""#])
    }

    @Test func keepsNumberText() throws {
        for text in ["1.0", "1e3", "-0", "9223372036854775808", "0.10"] {
            let spelling = try scan(text) { String(decoding: try $0.number().spelling, as: UTF8.self) }
            #expect(spelling == text)
        }
    }

    @Test func refusesAValueOfAnotherKind() {
        scan("1") { scanner in #expect(throws: JSONFault(.otherKind, at: 0)) { try scanner.text() } }
        scan("\"1\"") { scanner in #expect(throws: JSONFault(.otherKind, at: 0)) { try scanner.number() } }
        scan("[]") { scanner in #expect(throws: JSONFault(.otherKind, at: 0)) { try scanner.enterObject() } }
        scan("null") { scanner in #expect(throws: JSONFault(.otherKind, at: 0)) { try scanner.boolean() } }
    }

    @Test func refusesAMemberWhoseValueWasNotRead() {
        scan(#"{"a":1,"b":2}"#) { scanner in
            #expect(throws: JSONFault(.unexpectedByte, at: 5)) {
                try scanner.enterObject()
                _ = try scanner.nextMember()
                _ = try scanner.nextMember()
            }
        }
    }

    @Test func takesNullOnlyWhenItIsThere() throws {
        let taken = try scan("[null,1]") { scanner in
            try scanner.enterArray()
            _ = try scanner.nextElement()
            let first = try scanner.takeNull()
            _ = try scanner.nextElement()
            return [first, try scanner.takeNull()]
        }
        #expect(taken == [true, false])
    }

    @Test func findsSpecialBytesAtEveryPlace() {
        for length in 0..<70 {
            for place in 0...length {
                for special: UInt8 in [0x22, 0x5C, 0x00, 0x1F] {
                    var bytes = [UInt8](repeating: 0xFF, count: length)
                    if place < length { bytes[place] = special }
                    // What lies behind the end must not count.
                    let found = (bytes + [0x22, 0x22]).withUnsafeBufferPointer {
                        ByteSearch.stringSpecial($0.baseAddress!, 0, length)
                    }
                    #expect(found == place)
                }
            }
        }
    }

    @Test func findsLineEndsAtEveryPlace() {
        for length in 0..<70 {
            for place in 0...length {
                for special: UInt8 in [0x0A, 0x0D] {
                    var bytes = [UInt8](repeating: 0x20, count: length)
                    if place < length { bytes[place] = special }
                    let found = (bytes + [0x0A]).withUnsafeBufferPointer {
                        ByteSearch.lineEnd($0.baseAddress!, 0, length)
                    }
                    #expect(found == place)
                }
            }
        }
    }
}
