// Forms, base 64, excerpts, templates and dotted paths.

import JSON
import Support
import Testing

@testable import Connections

@Suite struct FormTextTests {
    /// The serializer of the URL Standard §5.2: `*-._`, letters and digits stay, a blank is `+`, everything else is
    /// escaped.
    @Test func form_keepsFewBytesAndEscapesTheRest() {
        let pairs = [FormPair("a b", "1+2=3&4"), FormPair("ü", "*-._~"), FormPair("", ""), FormPair("\r\n", "%")]
        #expect(FormText.body(pairs).text == "a+b=1%2B2%3D3%264&%C3%BC=*-._%7E&=&%0D%0A=%25")
    }

    @Test func query_escapesBlanksAsSuch() {
        #expect(FormText.query([FormPair("a b", "c d*~")]) == "a%20b=c%20d%2A~")
    }

    @Test func pairs_areReadAsTheyWereWritten() throws {
        let read = try FormText.pairs("a+b=1%2B2&&x&=y&a+b=%e2%82%ac=".utf8)
        let expected = [("a b", "1+2"), ("x", ""), ("", "y"), ("a b", "€=")].map { FormPair($0.0, $0.1) }
        #expect(read == expected)
        #expect(try FormText.pairs([]).isEmpty)
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3=1", "a=%C0%AF"])
    func pairs_withBrokenEscapes_areRefused(text: String) {
        #expect(throws: GrammarFault.self) { try FormText.pairs(text.utf8) }
    }

    @Test func pairs_beyondTheBound_areRefused() throws {
        let most = Array(repeating: "a=1", count: FormText.mostPairs).joined(separator: "&")
        #expect(try FormText.pairs(most.utf8).count == FormText.mostPairs)
        #expect(throws: GrammarFault.self) { try FormText.pairs("\(most)&b".utf8) }
    }

    /// Whatever is written reads back, as a form and as a query.
    @Test func pairs_ofAnyText_readBack() throws {
        var random = SeededRandom.forTest()
        let seed = random.seed
        for _ in 0..<2000 {
            let pairs = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                FormPair(Self.text(&random), Self.text(&random))
            }
            try #require(try FormText.pairs(FormText.body(pairs)) == pairs, "seed \(seed)")
            try #require(try FormText.pairs(FormText.query(pairs).utf8) == pairs, "seed \(seed)")
        }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        let alphabet = Array("aZ09 +&=%?#;/\\\"'~*-._üé€😀\r\n\t\u{0}")
        return String((0..<Int.random(in: 0...6, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
    }
}

@Suite struct Base64TextTests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func text_isThatOfTheRFC(bytes: String, text: String) {
        #expect(Base64Text.padded(Array(bytes.utf8)).text == text)
        #expect(Base64Text.forURL(Array(bytes.utf8)) == text.filter { $0 != "=" })
    }

    @Test func alphabets_differInTwoDigits() {
        #expect(Base64Text.padded([0xFB, 0xEF, 0xFF]).text == "++//")
        #expect(Base64Text.forURL([0xFB, 0xEF, 0xFF]) == "--__")
    }
}

@Suite struct ExcerptTests {
    @Test func excerpt_isOnOneLineAndBounded() {
        #expect(Excerpt.of("  a\r\n\t b\u{202E}c\u{0}".utf8) == "a b c")
        #expect(Excerpt.of([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        let long = Excerpt.of(String(repeating: "ü", count: 1000).utf8)
        #expect(long.count == Excerpt.longest + 1)
        #expect(long.hasSuffix("…"))
    }

    @Test func secrets_areNotRepeated() {
        let secrets = [SecretText("abc123"), SecretText(""), SecretText("zz")]
        #expect(Excerpt.of("token abc123 of abc12, zzz".utf8, hiding: secrets) == "token (secret) of abc12, (secret)z")
        // A secret that the bound would cut is hidden before it is cut.
        let text = String(repeating: "-", count: Excerpt.longest - 3) + "abc123"
        #expect(!Excerpt.of(text.utf8, hiding: secrets).contains("abc"))
    }

    @Test func secretText_doesNotPrint() {
        let secret = SecretText("abc123")
        #expect(!"\(secret) \(String(reflecting: secret)) \([secret])".contains("abc123"))
        var dumped = ""
        dump([secret], to: &dumped)
        #expect(!dumped.contains("abc123"))
        #expect(secret == SecretText("abc123") && secret != SecretText("abc124") && secret != SecretText("abc12"))
    }

    @Test(arguments: [
        ("a", true), ("a b", true), ("", false), (" a", false), ("a ", false), ("a\n", false), ("ü", false),
    ])
    func secret_isSendable_ifPrintable(text: String, isSendable: Bool) {
        #expect(SecretText(text).isSendable == isSendable)
        #expect(!SecretText(String(repeating: "a", count: SecretText.longest + 1)).isSendable)
    }
}

@Suite struct TemplateTests {
    @Test func gaps_areFilled() throws {
        let template = try TextTemplate("a{b}{c_1}d")
        #expect(template.variables == ["b", "c_1"])
        #expect(template.filled { "<\($0)>" } == "a<b><c_1>d")
        #expect(template.filled { $0 == "b" ? "" : nil } == nil)
        #expect(template.description == "a{b}{c_1}d")
        #expect(try TextTemplate("").filled { _ in nil } == "")
    }

    @Test(arguments: ["{", "}", "a{b", "{}", "{A}", "{a b}", "{1}", "{{a}}", "}{"])
    func otherBraces_areRefused(text: String) {
        #expect(reason { () throws(GrammarFault) in try TextTemplate(text) } != nil)
    }

    @Test func dottedPath_leadsIntoObjects() throws {
        let text = Array(#"{"a":{"b":1,"b":2},"c":[{"d":3}]}"#.utf8)
        let value = try text.withUnsafeBytes { try JSONValue(parsing: $0) }
        #expect(try DottedPath("a.b").value(in: value) == .number("2"))
        #expect(try DottedPath("a.x").value(in: value) == nil)
        #expect(try DottedPath("c.d").value(in: value) == nil)
        #expect(try text.withUnsafeBytes { try DottedPath("a.b").found(in: $0) } == .number("2"))
        #expect(try text.withUnsafeBytes { try DottedPath("c.d").found(in: $0) } == nil)
    }

    @Test(arguments: ["", ".", "a.", ".a", "a..b", "a\n", String(repeating: "a", count: 257)])
    func otherDottedPaths_areRefused(text: String) {
        #expect(reason { () throws(GrammarFault) in try DottedPath(text) } != nil)
    }

    @Test func dottedPath_hasABoundOnNames() {
        #expect(reason { () throws(GrammarFault) in try DottedPath(Self.names(DottedPath.deepest)) } == nil)
        #expect(reason { () throws(GrammarFault) in try DottedPath(Self.names(DottedPath.deepest + 1)) } != nil)
    }

    private static func names(_ count: Int) -> String { Array(repeating: "a", count: count).joined(separator: ".") }
}
