// The checker of Responses streams: each law, broken once, is noticed.

import Testing

@Suite struct ResponsesCheckerTests {
    /// A lawful stream, event by event.
    private static let lawful = [
        #"{"type":"response.created","sequence_number":0,"response":{"id":"r","status":"in_progress"}}"#,
        #"{"type":"response.in_progress","sequence_number":1,"response":{"id":"r","status":"in_progress"}}"#,
        #"{"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"m","type":"message","#
            + #""content":[],"status":"in_progress"}}"#,
        #"{"type":"response.content_part.added","sequence_number":3,"item_id":"m","output_index":0}"#,
        #"{"type":"response.output_text.delta","sequence_number":4,"item_id":"m","output_index":0,"delta":"a"}"#,
        #"{"type":"response.output_text.done","sequence_number":5,"item_id":"m","output_index":0,"text":"a"}"#,
        #"{"type":"response.content_part.done","sequence_number":6,"item_id":"m","output_index":0}"#,
        #"{"type":"response.output_item.done","sequence_number":7,"output_index":0,"item":\#(item)}"#,
        #"{"type":"response.completed","sequence_number":8,"response":{"id":"r","status":"completed","usage":{},"#
            + #""output":[\#(item)]}}"#,
    ]
    private static let item = #"{"id":"m","type":"message","content":[{"text":"a"}],"status":"completed"}"#

    private static func stream(_ events: [String]) -> [UInt8] {
        Array(
            events.map { json in
                "event: \(json.split(separator: "\"").dropFirst(3).first ?? "")\ndata: \(json)\n\n"
            }.joined().utf8)
    }

    @Test func aLawfulStreamHasNoViolations() {
        #expect(ResponsesStreamChecker.violations(in: Self.stream(Self.lawful)) == [])
    }

    @Test func anEventThatIsMissingDoubledOrMoved_isNoticed() {
        for at in Self.lawful.indices {
            var missing = Self.lawful
            let event = missing.remove(at: at)
            #expect(ResponsesStreamChecker.violations(in: Self.stream(missing)) != [], "without \(at)")
            #expect(ResponsesStreamChecker.violations(in: Self.stream(Self.lawful + [event])) != [], "\(at) twice")
        }
        #expect(ResponsesStreamChecker.violations(in: []) != [])
    }

    @Test(arguments: [
        ("\"delta\":\"a\"", "\"delta\":\"b\""), ("\"text\":\"a\"}", "\"text\":\"b\"}"),
        ("\"id\":\"r\"", "\"id\":\"s\""),
        ("\"status\":\"completed\"", "\"status\":\"in_progress\""), ("\"output_index\":0", "\"output_index\":1"),
        ("\"item_id\":\"m\"", "\"item_id\":\"n\""), ("\"usage\":{}", "\"usage\":null"),
        ("\"sequence_number\":4", "\"sequence_number\":9"), ("output_text.delta", "output_text.delay"),
    ])
    func aWordThatIsWrong_isNoticed(_ word: String, _ wrong: String) {
        var events = Self.lawful
        guard let at = events.lastIndex(where: { $0.contains(word) }), let range = events[at].firstRange(of: word)
        else {
            Issue.record("\(word) does not occur")
            return
        }
        events[at].replaceSubrange(range, with: wrong)
        #expect(ResponsesStreamChecker.violations(in: Self.stream(events)) != [])
    }
}
