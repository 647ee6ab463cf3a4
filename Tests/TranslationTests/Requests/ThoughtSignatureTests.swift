// Thought signatures inside the ids of tool calls: what the answer's side writes, the request's side reads.

import JSON
import Testing

@testable import Translation

@Suite struct ThoughtSignatureTests {
    /// Every length of a signature, as the answer's side writes it.
    @Test func thoughtSignatures_comeBackAsTheyWere() {
        for count in 1...40 {
            let signature = (0..<count).map { UInt8($0 * 37 & 127) }
            var spelled: [UInt8] = [UInt8(ascii: "\"")]
            signature.withUnsafeBytes { JSONWriter.appendEscaped($0, to: &spelled) }
            spelled.append(UInt8(ascii: "\""))
            let suffix = spelled.withUnsafeBytes { bytes -> [UInt8] in
                var scanner = JSONScanner(bytes)
                return (try? scanner.text()).map { SignedCallID.suffix($0) } ?? []
            }
            let id = Self.id("call_1" + String(decoding: suffix, as: UTF8.self), .openai)
            #expect(id.id == "call_1")
            #expect(id.signature == signature)
        }
    }

    @Test func thoughtSignatures_thatAreNone_areNotReadAsOne() {
        #expect(Self.id("call_1~ts~", .openai).signature == nil)
        #expect(Self.id("call_1~ts~!!", .openai).signature == nil)
        #expect(Self.id("~ts~QUI", .openai).signature == nil)
        #expect(Self.id("call_1~ts~QUI", .anthropic).signature == nil)
    }

    private static func id(_ text: String, _ upstream: Dialect) -> ToolCallID {
        Array("\"\(text)\"".utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            guard let text = try? scanner.text() else { preconditionFailure("a test's id is a JSON string") }
            return ToolCallID(text, for: upstream)
        }
    }
}
