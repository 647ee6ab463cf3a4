// Writer: escapes, commas and nesting.

import JSON
import Testing

@Suite struct WriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var out: [UInt8] = []
        JSONWriter.append(to: &out, body)
        return String(decoding: out, as: UTF8.self)
    }

    @Test func putsCommasBetweenPartsOnly() {
        let text = written {
            $0.object {
                $0.member("a", 1)
                $0.member("b", array: { _ in })
                $0.member(
                    "c",
                    array: {
                        $0.string("x")
                        $0.null()
                        $0.object { $0.member("d", true) }
                    })
                $0.member("e", object: { $0.member("f", String?.none) })
            }
        }
        #expect(text == #"{"a":1,"b":[],"c":["x",null,{"d":true}],"e":{"f":null}}"#)
    }

    @Test func escapesWhatMustBeEscapedAndNothingElse() {
        #expect(
            written { $0.string("\"\\/\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}é😀\u{2028}") }
                == "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\u{7F}é😀\u{2028}\"")
    }

    @Test func everyCharacterComesBack() throws {
        let text = String(String.UnicodeScalarView((0...0x2FF).compactMap { Unicode.Scalar($0) }))
        var out: [UInt8] = []
        JSONWriter.appendString(text, to: &out)
        let back = try out.withUnsafeBytes { bytes in try JSONValue(parsing: bytes) }
        #expect(back == .string(text))
    }

    @Test func appendsBehindWhatIsThere() {
        var out = Array("data: ".utf8)
        JSONWriter.append(to: &out) { $0.array { $0.integer(-3) } }
        #expect(out == Array("data: [-3]".utf8))
    }

    @Test func copiesReceivedSpellings() throws {
        let source = Array(#"{"k\u0065y":[1.0, "\u00e9"]}"#.utf8)
        let text = try source.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            try scanner.enterObject()
            let key = try #require(try scanner.nextMember())
            let span = try scanner.skip()
            return written {
                $0.object {
                    $0.key(key)
                    $0.raw(bytes[span])
                    $0.key("again")
                    $0.string(spelling: bytes[span])
                }
            }
        }
        #expect(text == #"{"k\u0065y":[1.0, "\u00e9"],"again":"[1.0, \"\\u00e9\"]"}"#)
    }

    @Test func theTreeKeepsOrderNumbersAndDuplicates() throws {
        let source = #"{"b":1.0,"a":[1e3,null,true],"b":"x"}"#
        let value = try Array(source.utf8).withUnsafeBytes { bytes in try JSONValue(parsing: bytes) }
        var out: [UInt8] = []
        value.append(to: &out)
        #expect(String(decoding: out, as: UTF8.self) == source)
        #expect(value["b"]?.string == "x")
        #expect(value["a"]?.elements?.count == 3)
        #expect(value["none"] == nil)
    }
}
