// What agents get back: envelopes, projections, compact JSON; each against a naive model.

import JSON
import Support
import Tenancy
import Testing

@testable import Connections

@Suite struct AgentAnswerTests {
    private func answer(
        _ body: String, status: Int = 200, type: String? = "application/json; charset=utf-8",
        call: String = #"{"path":"/items"}"#,
        rules: AnswerRules = AnswerRules()
    ) throws -> AgentAnswer { try answer(Array(body.utf8), status: status, type: type, call: call, rules: rules) }

    private func answer(
        _ body: [UInt8], status: Int = 200, type: String?, call: String = #"{"path":"/items"}"#,
        rules: AnswerRules = AnswerRules()
    ) throws -> AgentAnswer {
        var provider = Sample.provider
        provider.answers = rules
        let call = try Sample.call(call, provider)
        return body.withUnsafeBytes {
            AgentAnswer.of(
                status: status, contentType: type, body: $0, to: call, from: provider, hiding: [SecretText("s3cret")])
        }
    }

    @Test func failure_saysWhenToComeBack() throws {
        let call = try Sample.call(#"{"path":"/items"}"#, Sample.provider)
        for (status, wanted) in [(429, 30), (503, 30), (200, nil)] {
            let answer = Array(#"{"a":1}"#.utf8).withUnsafeBytes {
                AgentAnswer.of(
                    status: status, contentType: nil, retryAfterSeconds: 30, body: $0, to: call, from: Sample.provider,
                    hiding: [])
            }
            #expect(answer.retryAfterSeconds == wanted)
            #expect(answer.body.text.contains(#""retry_after":30"#) == (wanted != nil))
        }
    }

    /// Numbers, spacing inside and the order of members stay as they were.
    @Test func success_holdsTheProvidersJSON() throws {
        let answer = try answer(#"{"b": 1.0e2, "a":[9007199254740993]}"#, status: 201)
        #expect(
            answer.body.text
                == #"{"success":true,"status":201,"data":{"b": 1.0e2, "a":[9007199254740993]},"cache":"MISS"}"#)
        #expect(answer.status == 200)
        #expect(answer.code == nil)
    }

    @Test(arguments: [
        ("", "application/json", "null"), ("a\"b\n", "text/plain", #""a\"b\n""#),
        ("{\"a\":1}", "text/html", #""{\"a\":1}""#),
        ("{\"a\":1} {}", "application/x-ndjson", #""{\"a\":1} {}""#), ("{", "application/json", #""{""#),
        ("[1]", nil, "[1]"),
        ("[1]", "application/vnd.api+json", "[1]"), ("no json", nil, #""no json""#),
    ])
    func answerThatIsNotJSON_becomesJSON(body: String, type: String?, data: String) throws {
        #expect(
            try answer(body, type: type).body.text == #"{"success":true,"status":200,"data":\#(data),"cache":"MISS"}"#)
    }

    @Test func binaryAnswer_isInBase64() throws {
        for body: [UInt8] in [
            [0xFF, 0xD8, 0x00], [0x61, 0x00, 0x62], Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8),
        ] {
            let text = try answer(body, type: "image/jpeg").body.text
            let content = Base64Text.padded(body).text
            #expect(
                text
                    == #"{"success":true,"status":200,"data":{"content_type":"image/jpeg","encoding":"base6"#
                    + #"4","content":"\#(content)"},"cache":"MISS"}"#
            )
        }
        #expect(try answer([0xFF], type: "application/json").body.text.contains("base64"), "invalid UTF-8 is no JSON")
    }

    @Test(arguments: [
        (404, #"{"message":"Not Found"}"#, 404, "UPSTREAM_ERROR", "Sample answered 404: Not Found"),
        (500, "oops", 500, "UPSTREAM_ERROR", "Sample answered 500"),
        (400, #"{"error":{"message":"bad s3cret"}}"#, 400, "UPSTREAM_ERROR", "Sample answered 400: bad (secret)"),
        (429, #"{"error":"slow down"}"#, 429, "UPSTREAM_ERROR", "Sample answered 429: slow down"),
        (
            401, #"{"error_description":"expired"}"#, 401, "TOKEN_EXPIRED",
            "Sample does not accept the credential: expired"
        ),
        (302, "", 502, "UPSTREAM_ERROR", "Sample answered 302, a redirect, which is not followed"),
        (304, "", 502, "UPSTREAM_ERROR", "Sample answered 304, a redirect, which is not followed"),
        (999, "", 502, "UPSTREAM_ERROR", "Sample answered with the status 999"),
    ])
    func failure_saysWhoseItIs(status: Int, body: String, answered: Int, code: String, message: String) throws {
        let answer = try answer(body, status: status)
        let data = body.hasPrefix("{") && !body.contains("s3cret") ? #","data":\#(body)"# : ""
        #expect(
            answer.body.text
                == #"{"success":false,"error":"\#(message)","code":"\#(code)","status":\#(answered)\#(data)}"#)
        #expect(answer.status == answered)
        #expect(answer.rejectsCredential == (status == 401))
    }

    @Test func failureWithStatus200_isOne() throws {
        let rules = AnswerRules(
            successField: Sample.path("ok"), errorFields: [Sample.path("error")], credentialErrors: ["token_revoked"])
        let failed = try answer(#"{"ok":false,"error":"channel_not_found"}"#, rules: rules)
        #expect(failed.status == 502)
        #expect(
            failed.body.text.hasPrefix(
                #"{"success":false,"error":"Sample reports a failure: channel_not_found","code":"UPSTREAM_ERROR""#))
        let revoked = try answer(#"{"ok":false,"error":"token_revoked"}"#, rules: rules)
        #expect(revoked.status == 401 && revoked.code == .tokenExpired && revoked.rejectsCredential)
        for good in [
            #"{"ok":true,"error":"token_revoked"}"#, #"{"error":"x"}"#, #"{"ok":"false"}"#, "[]",
            #"{"ok":false,"ok":true}"#,
        ] {
            #expect(try answer(good, rules: rules).code == nil, "\(good)")
        }
    }

    @Test func largeErrors_areNotHandedOn() throws {
        let padding = String(repeating: " ", count: AgentAnswer.largestErrorData)
        #expect(try answer(#"{"message":"no"}"# + padding, status: 400).body.text.contains("data") == false)
    }

    @Test func failureOfItsOwn_listsProblemsAndAccounts() {
        let failure = AgentFailure(
            .validationError, "two", problems: [AgentProblem("a", "b\"")], accounts: [Sample.account("main")])
        #expect(
            AgentAnswer(failure).body.text
                == #"{"success":false,"error":"two","code":"VALIDATION_ERROR","status":400,"details":[{"pat"#
                + #"h":"a","reason":"b\""}],"accounts":["main"]}"#
        )
    }

    @Test func fieldsAndFormat_reduceTheAnswer() throws {
        let body = #"{"results": [{"id": "1", "p": {"e": "", "n": 1.0}, "x": null}], "next": null}"#
        func data(_ call: String) throws -> String {
            let text = try answer(body, call: #"{"path":"/items",\#(call)}"#).body.text
            return String(
                text.dropFirst(#"{"success":true,"status":200,"data":"#.count).dropLast(#","cache":"MISS"}"#.count))
        }
        #expect(try data(#""fields":["results.p.n","next"]"#) == #"{"results":[{"p":{"n":1.0}}],"next":null}"#)
        #expect(try data(#""format":"compact""#) == #"{"results":[{"id":"1","p":{"n":1.0}}]}"#)
        #expect(try data(#""format":"compact","fields":["results.x","next"]"#) == #"{"results":[{}]}"#)
    }

    /// At the bound of the scanner's depth, the same JSON is JSON to all that read it; beyond, it is text.
    @Test(arguments: [
        ("[", "]"), (#"{"a":"#, "}"), (#"[{"a":"#, "}]"),
    ])
    func depth_isBoundedForAllReaders(open: String, close: String) throws {
        let call = #"{"path":"/items","fields":["a.a","b"],"format":"compact"}"#
        let levels = JSONScanner.deepest / open.filter { "[{".contains($0) }.count
        func nested(_ count: Int) -> String {
            String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
        }
        #expect(try answer(nested(levels), call: call).body.text.contains(#""data":\#(open.first!)"#))
        #expect(try answer(nested(levels + 1), call: call).body.text.contains(#""data":""#))
        #expect(try answer(nested(levels)).body.text.contains(nested(levels)))
    }

    /// Every byte sequence becomes an answer that is JSON.
    @Test func anyAnswer_isJSON() throws {
        var random = SeededRandom.forTest()
        let seed = random.seed
        let start = Array(#"{"ok":true,"a":[1,{"b":"c\u00e9"}],"error":{"message":"x"}}"#.utf8)
        let rules = AnswerRules(successField: Sample.path("ok"))
        for _ in 0..<10_000 {
            var body = Array(start.prefix(Int.random(in: 0...start.count, using: &random)))
            for _ in 0..<Int.random(in: 0...2, using: &random) where !body.isEmpty {
                body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let status = [200, 204, 400, 401, 500].randomElement(using: &random)!
            let call = [#"{"path":"/items"}"#, #"{"path":"/items","fields":["a.b"],"format":"compact"}"#].randomElement(
                using: &random)!
            let text = try answer(body, status: status, type: "application/json", call: call, rules: rules).body
            let value = try? text.withUnsafeBytes { try JSONValue(parsing: $0) }
            try #require(value?["success"]?.boolean != nil, "seed \(seed): \(text.text)")
        }
    }
}

@Suite struct ProjectionTests {
    private func projected(_ text: String, _ paths: [String]) throws -> String {
        try Array(text.utf8).withUnsafeBytes { try FieldProjection(paths.map(Sample.path)).applied(to: $0) }.text
    }

    @Test(arguments: [
        (#"{"a":1,"b":2}"#, ["a"], #"{"a":1}"#), (#"{"b":2,"a":1}"#, ["a", "b"], #"{"b":2,"a":1}"#),
        (#"{"a":{"b":1,"c":2}}"#, ["a.b"], #"{"a":{"b":1}}"#), (#"{"a":{"b":1}}"#, ["a", "a.b"], #"{"a":{"b":1}}"#),
        (#"{"a":{"b":1}}"#, ["a.b", "a"], #"{"a":{"b":1}}"#), (#"{"a":{"c":1}}"#, ["a.b"], "{}"), ("{}", ["a"], "{}"),
        (#"[{"a":1},{"b":2},3,[{"a":4}]]"#, ["a"], #"[{"a":1},{},[{"a":4}]]"#), (#"{"a":[]}"#, ["a.b"], #"{"a":[]}"#),
        (#"{"a":7}"#, ["a.b"], "{}"), ("7", ["a"], "null"),
        (#"{"a" : [ 1.0 , 1e3 ] }"#, ["a"], #"{"a":[ 1.0 , 1e3 ]}"#),
        (#"{"\u0061":1,"a":2}"#, ["a"], #"{"\u0061":1,"a":2}"#),
        (#"{"é":1,"\u00e9":2}"#, ["é"], #"{"é":1,"\u00e9":2}"#),
        (#"{"a":{"a":{"a":1,"b":2}}}"#, ["a.a.a"], #"{"a":{"a":{"a":1}}}"#), (#"{"a":1}"#, [], "{}"),
    ])
    func fields_areWhatWasAskedFor(text: String, paths: [String], left: String) throws {
        #expect(try projected(text, paths) == left)
    }

    /// On trees, without marks and rollbacks.
    @Test func projection_isThatOfANaiveModel() throws {
        var random = SeededRandom.forTest()
        let seed = random.seed
        for _ in 0..<5000 {
            let value = RandomJSON.value(&random, depth: 4)
            let paths = (0..<Int.random(in: 0...3, using: &random)).map { _ in RandomJSON.path(&random) }
            var expected: [UInt8] = []
            (NaiveProjection.of(value, paths.map { $0.split(separator: ".").map(String.init) }) ?? .null).append(
                to: &expected)
            try #require(
                try projected(RandomJSON.text(value), paths) == expected.text, "seed \(seed): \(paths) of \(value)")
        }
    }
}

@Suite struct CompactTests {
    private func compacted(_ text: String) throws -> String {
        try Array(text.utf8).withUnsafeBytes { try CompactJSON.of($0) }.text
    }

    @Test(arguments: [
        (
            #" { "a" : null , "b" : "" , "c" : [ ] , "d" : { } , "e" : 0 , "f" : false , "g" : " " } "#,
            #"{"e":0,"f":false,"g":" "}"#
        ),
        (#"{"a":{"b":{"c":null}}}"#, "{}"), (#"[null,"",[],{},{"a":null}]"#, #"[null,"",[],{},{}]"#),
        (#"{"a":[null]}"#, #"{"a":[null]}"#), ("null", "null"), (#""""#, #""""#), (" [ 1.0 , 1e3 ] ", "[1.0,1e3]"),
        (#"{"\u0061":"\u0000"}"#, #"{"\u0061":"\u0000"}"#),
    ])
    func whatSaysNothing_isLeftOut(text: String, left: String) throws { #expect(try compacted(text) == left) }

    @Test func compaction_isThatOfANaiveModel_andStable() throws {
        var random = SeededRandom.forTest()
        let seed = random.seed
        for _ in 0..<5000 {
            let value = RandomJSON.value(&random, depth: 4)
            var expected: [UInt8] = []
            NaiveCompaction.of(value).append(to: &expected)
            let found = try compacted(RandomJSON.text(value))
            try #require(found == expected.text, "seed \(seed): \(value)")
            try #require(try compacted(found) == found, "seed \(seed)")
        }
    }

    @Test func brokenJSON_isRefused() {
        for text in ["", "{", "[1,", #"{"a"}"#, "1 2", "nul"] {
            #expect(throws: JSONFault.self) { try compacted(text) }
            #expect(throws: JSONFault.self) {
                try Array(text.utf8).withUnsafeBytes { try FieldProjection([Sample.path("a")]).applied(to: $0) }
            }
        }
    }
}

/// Small values with few names, so that paths find something.
private enum RandomJSON {
    private static let names = ["a", "b", "c", "é"]

    static func value(_ random: inout SeededRandom, depth: Int) -> JSONValue {
        switch random.next() % (depth > 0 ? 9 : 5) {
        case 0: return .null
        case 1: return .number(["0", "1.0", "-1e-3", "9007199254740993"].randomElement(using: &random)!)
        case 2: return .string(["", "x", "\"\\\n"].randomElement(using: &random)!)
        case 3: return .boolean(Bool.random(using: &random))
        case 4, 5, 6:
            return .object(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    JSONValue.Member(names.randomElement(using: &random)!, value(&random, depth: depth - 1))
                })
        default:
            return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth - 1) })
        }
    }

    static func path(_ random: inout SeededRandom) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in names.randomElement(using: &random)! }.joined(
            separator: ".")
    }

    static func text(_ value: JSONValue) -> String {
        var out: [UInt8] = []
        value.append(to: &out)
        return out.text
    }
}

private enum NaiveProjection {
    /// What is left of a value; `nil` when nothing is and it may be left out.
    static func of(_ value: JSONValue, _ paths: [[String]], isElement: Bool = true) -> JSONValue? {
        if paths.contains([]) { return value }
        switch value {
        case .array(let values): return .array(values.compactMap { of($0, paths) })
        case .object(let members):
            let left: [JSONValue.Member] = members.compactMap { member in
                let below = paths.filter { $0.first == member.key }.map { Array($0.dropFirst()) }
                if below.isEmpty { return nil }
                return of(member.value, below, isElement: false).map { JSONValue.Member(member.key, $0) }
            }
            return left.isEmpty && !isElement ? nil : .object(left)
        default: return nil
        }
    }
}

private enum NaiveCompaction {
    static func of(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map(of))
        case .object(let members):
            .object(members.map { JSONValue.Member($0.key, of($0.value)) }.filter { !isEmpty($0.value) })
        default: value
        }
    }

    private static func isEmpty(_ value: JSONValue) -> Bool {
        [.null, .string(""), .array([]), .object([])].contains(value)
    }
}
