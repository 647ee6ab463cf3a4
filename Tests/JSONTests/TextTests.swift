// Text: strings compared, measured and decoded without a copy of the text around them.

import JSON
import Testing

@Suite struct TextTests {
    private func read<Value>(_ bytes: [UInt8], _ body: (JSONText) throws -> Value) rethrows -> Value {
        try ([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            guard let text = try? scanner.text() else { preconditionFailure("the table holds strings only") }
            return try body(text)
        }
    }

    @Test(arguments: [
        ("", ""), ("abc", "abc"), (#"\u0061"#, "a"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#"\u00E9"#, "é"), (#"\u20ac"#, "€"), (#"a\ud83d\ude00b"#, "a😀b"), (#"é\n😀"#, "é\n😀"), (#"\u0000"#, "\u{0}"),
        (#"\\u0041"#, "\\u0041"),
    ])
    func decodesEscapesOnDemand(_ spelling: String, _ text: String) {
        read(Array(spelling.utf8)) {
            #expect($0.string == text)
            #expect($0.repairedString == text)
            #expect($0.decodedCount == text.utf8.count)
            #expect(String(decoding: $0.spelling, as: UTF8.self) == spelling)
        }
    }

    @Test(arguments: [#"\ud800"#, #"\udc00"#, #"\ud800x"#, #"\ud800\ud800"#, #"\ud83d\u0041"#])
    func halfASurrogatePairIsNoText(_ spelling: String) {
        read(Array(spelling.utf8)) {
            #expect($0.string == nil)
            #expect($0.repairedString.contains("\u{FFFD}"))
            #expect($0.decodedCount == $0.repairedString.utf8.count)
        }
    }

    @Test func eachHalfOfABrokenPairIsReplacedAlone() {
        read(Array(#"\udc00\udc00x"#.utf8)) { #expect($0.repairedString == "\u{FFFD}\u{FFFD}x") }
        read(Array(#"\ud800\ud83d\ude00"#.utf8)) { #expect($0.repairedString == "\u{FFFD}😀") }
    }

    @Test func validatesUTF8OnDemand() {
        let good: [[UInt8]] = [
            [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
            [0xEF, 0xBF, 0xBF],
            [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], Array("plain text beyond eight bytes, é".utf8),
        ]
        let bad: [[UInt8]] = [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0xA0],
            [0xED, 0xA0, 0x80],
            [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
            Array("eight by".utf8) + [0xE5, 0xA5], [0xF0, 0x9F, 0x98],
        ]
        for bytes in good { read(bytes) { #expect($0.isValidUTF8 && $0.string != nil) } }
        for bytes in bad { read(bytes) { #expect(!$0.isValidUTF8 && $0.string == nil) } }
    }

    @Test func comparesEveryLengthUpToLongKeys() {
        read(Array("n".utf8)) { #expect($0 == "n" && !($0 == "m") && !($0 == "no")) }
        read(Array("text".utf8)) { #expect($0 == "text" && !($0 == "texT") && !($0 == "type")) }
        read(Array("model".utf8)) { #expect($0 == "model" && !($0 == "modal") && !($0 == "mode")) }
        read(Array("messages".utf8)) { #expect($0 == "messages" && !($0 == "message_")) }
        read(Array("max_completion_tokens".utf8)) {
            #expect(
                $0 == "max_completion_tokens" && !($0 == "max_completion_tokenz") && !($0 == "max_Completion_tokens"))
        }
    }

    @Test func aKeyCannotHideBehindEscapes() {
        read(Array(#"\u006dod\u0065l"#.utf8)) { #expect($0 == "model" && !($0 == "modem")) }
    }
}
