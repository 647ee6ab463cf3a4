// Acceptance: the table of texts RFC 8259 accepts and refuses.
//
// Each text goes through both ways of reading: passing over it whole, and pulling it apart into a tree.

import JSON
import Testing

@Suite struct AcceptanceTests {
    static let accepted = [
        "{}", "[]", " [ ] ", "\t\r\n {}\n", "0", "-0", "1", "-1", "10", "0.1", "1.0", "-0.0", "1e1", "1E+1", "1e-1",
        "0e0", "1.5e300", "123456789012345678901234567890", "9223372036854775808", "true", "false", "null", "\"\"",
        "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u00e9\\uD83D\\uDE00\"", "\"é😀\"", "\"\u{7F}\"",
        "[1,2,3]", "[[],[[]],{}]", "{\"a\":1}", "{\"a\":1,\"a\":2}", "{\"\":null}", "{\"a\":{\"b\":[true,false]}}",
        "{ \"a\" : [ 1 , 2 ] , \"b\" : { } }", "[\"\\\\\"]", "[\"0123456789abcdef0123456789abcdef\\n\"]",
        "\"\\\\\\\\\\\\\\\"\"", "\"\u{2028}\u{2029}\"",
    ]

    static let refused = [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "{]", "[}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\":1}}", "nul",
        "nulL",
        "tru", "True", "falsey", "nullnull", "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "00",
        "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1e-", "1ee1", "0x10", "1_000", "1,000", "--1", "\"", "\"a", "'a'",
        "\"\\\"",
        "\"\\x41\"", "\"\\u\"", "\"\\u12\"", "\"\\u123\"", "\"\\u12g4\"", "\"\\U0041\"", "\"\\a\"", "\"\n\"", "\"\t\"",
        "\"\u{0}\"",
        "\"\u{1F}\"", "[\"a\u{1}\"]", "1 2", "{} {}", "// c\n1", "/* c */1", "[1]//", "\u{FEFF}{}", "\u{A0}1", "\u{C}1",
        "[\"0123456789abcdef0123456789abcde\n\"]", "{\"a\":1", "{\"a\"", "{\"a\":", "\"\\uD83D\\u\"",
    ]

    @Test func acceptsWhatTheGrammarAllows() {
        for text in Self.accepted {
            #expect(throws: Never.self, "\(text.debugDescription)") { try Self.skip(text) }
            #expect(throws: Never.self, "\(text.debugDescription)") { try Self.parse(text) }
        }
    }

    @Test func refusesWhatTheGrammarDoesNot() {
        for text in Self.refused {
            #expect(throws: JSONFault.self, "\(text.debugDescription)") { try Self.skip(text) }
            #expect(throws: JSONFault.self, "\(text.debugDescription)") { try Self.parse(text) }
        }
    }

    private static func skip(_ text: String) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            try scanner.skip()
            try scanner.finish()
        }
    }

    private static func parse(_ text: String) throws {
        _ = try Array(text.utf8).withUnsafeBytes { bytes in try JSONValue(parsing: bytes) }
    }

    @Test(arguments: [
        ("[1,]", JSONFault(.unexpectedByte, at: 3)), ("{\"a\":tru", JSONFault(.endOfInput, at: 8)),
        ("\"\\x\"", JSONFault(.badEscape, at: 2)), ("[\"a\u{1}\"]", JSONFault(.controlCharacter, at: 3)),
        ("01", JSONFault(.badNumber, at: 1)), ("1.x", JSONFault(.badNumber, at: 2)),
        ("{} x", JSONFault(.trailingBytes, at: 3)),
    ])
    func namesTheFaultAndItsPlace(_ text: String, _ fault: JSONFault) {
        #expect(throws: fault) { try Self.skip(text) }
    }

    @Test func allows128ContainersAndNoMore() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deepest = String(repeating: open, count: 128) + "1" + String(repeating: close, count: 128)
            let tooDeep = String(repeating: open, count: 129) + "1" + String(repeating: close, count: 129)
            let fault = JSONFault(.tooDeep, at: 128 * open.utf8.count)
            #expect(throws: Never.self) { try Self.skip(deepest) }
            #expect(throws: Never.self) { try Self.parse(deepest) }
            #expect(throws: fault) { try Self.skip(tooDeep) }
            #expect(throws: fault) { try Self.parse(tooDeep) }
        }
    }

    @Test func countsTheContainersEnteredBeforeASkip() throws {
        let text = String(repeating: "[", count: 100) + "1" + String(repeating: "]", count: 100)
        let nested = "[" + String(repeating: "[", count: 28) + text + String(repeating: "]", count: 28) + "]"
        #expect(throws: JSONFault(.tooDeep, at: 128)) {
            try Array(nested.utf8).withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                for _ in 0..<29 {
                    try scanner.enterArray()
                    _ = try scanner.nextElement()
                }
                try scanner.skip()
            }
        }
    }
}
