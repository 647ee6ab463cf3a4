// Addresses, their templates, hosts, and the rules of allow-lists.

import Testing

@testable import Connections

@Suite struct WebAddressTests {
    @Test(arguments: [
        ("https://api.example.com", "https://api.example.com"),
        ("https://API.Example.com:443/", "https://api.example.com"),
        ("http://localhost:8080/a/b/", "http://localhost:8080/a/b"), ("https://[::1]:8443/v1", "https://[::1]:8443/v1"),
        ("https://10.0.0.1", "https://10.0.0.1"), ("http://x_y:80", "http://x_y"), ("https://a.b/%61", "https://a.b/a"),
    ])
    func addresses_comeToOneSpelling(written: String, read: String) throws {
        #expect(try WebAddress(written).description == read)
        #expect(try WebAddress(read).description == read)
    }

    @Test(arguments: [
        "", "api.example.com", "ftp://a", "//a.b", "https://", "https:///x", "https://user@a.b",
        "https://user:pass@a.b",
        "https://a.b@evil.example", "https://a.b\\@evil.example", "https://a.b?x=1", "https://a.b#x", "https://a.b/?x",
        "https://a.b:0", "https://a.b:65536", "https://a.b:080", "https://a.b:", "https://a.b:8x", "https://a..b",
        "https://.a",
        "https://a.", "https://-a.b", "https://a b", "https://a%2eb", "https://é.example", "https://[::1",
        "https://::1",
        "https://[1.2.3.4]", "https://[fe80::1%25eth0]", "https://[::1]x", "https://a.b/../c", "https://a.b//c",
        " https://a.b",
        "https://a.b\r\n", "HTTPS://a.b", "javascript:alert(1)", "https://a,b", "https://a.b/\u{0}",
    ])
    func otherAddresses_areRefused(text: String) {
        #expect(reason { () throws(GrammarFault) in try WebAddress(text) } != nil)
    }

    @Test func origin_knowsLoopbackAndItsHostField() throws {
        for text in ["http://localhost", "http://127.0.0.1:1", "http://127.255.0.9", "http://[::1]"] {
            #expect(try WebAddress(text).origin.isLoopback, "\(text)")
        }
        for text in [
            "http://localhost.example.com", "http://127.example.com", "http://10.0.0.1", "http://[::2]",
            "http://127.0.0.1.de", "http://127.cafe", "http://127.0.0.de", "http://127.0.0.256", "http://127.0.0.01",
            "http://127.1",
        ] {
            #expect(try !WebAddress(text).origin.isLoopback, "\(text)")
        }
        #expect(try WebAddress("https://[2001:DB8::1]:443").origin.hostField == "[2001:db8::1]")
        #expect(try WebAddress("http://a.b:443").origin.hostField == "a.b:443")
    }

    @Test(arguments: [
        ("*.example.com", "a.example.com", true), ("*.example.com", "a.b.example.com", true),
        ("*.example.com", "example.com", false), ("*.example.com", "evilexample.com", false),
        ("*.example.com", "example.com.evil", false), ("*.example.com", ".example.com", false),
        ("Example.com", "example.com", true), ("example.com", "a.example.com", false),
    ])
    func hostPattern_meansWholeLabels(pattern: String, host: String, matches: Bool) throws {
        #expect(try HostPattern(pattern).matches(host) == matches)
    }

    @Test(arguments: ["", "*", "*.com", "a.*.com", "*a.com", "**.a.com", "a/b", "a:80"])
    func otherHostPatterns_areRefused(text: String) {
        #expect(reason { () throws(GrammarFault) in try HostPattern(text) } != nil)
    }
}

@Suite struct AddressTemplateTests {
    private func filled(_ template: String, _ values: [String: String], plainHTTP: Bool = false) -> String? {
        try? AddressTemplate(template).filled(plainHTTP: plainHTTP) { values[$0] }.description
    }

    @Test func gaps_areFilledInTheirPlaces() throws {
        #expect(
            filled("{base}/data/{version}", ["base": "https://x.example:8443/p/", "version": "v1.0"])
                == "https://x.example:8443/p/data/v1.0")
        #expect(filled("https://{sub}.example.com/api", ["sub": "Acme-1"]) == "https://acme-1.example.com/api")
        #expect(filled("https://a.example/{x}", ["x": "y"]) == "https://a.example/y")
        #expect(try AddressTemplate("https://a.example/{x}").isInfluenced == false)
        #expect(try AddressTemplate("{x}").isInfluenced)
        #expect(try AddressTemplate("https://{x}.a.example").isInfluenced)
    }

    @Test(arguments: [
        "a.b", "evil.example/", "x@evil", "x:80", "x/..", "", "-x", "x?", "x#", "x\\y", "xé", "..",
        String(repeating: "a", count: 64),
    ])
    func label_thatIsMoreThanALabel_isRefused(value: String) {
        #expect(filled("https://{sub}.example.com", ["sub": value]) == nil)
    }

    @Test(arguments: ["..", ".", "", "a/b", "a?b", "a#b", "a%2fb", "a b", "é"])
    func segment_thatIsMoreThanASegment_isRefused(value: String) {
        #expect(filled("https://a.example/{x}/end", ["x": value]) == nil)
    }

    @Test(arguments: [
        "evil.example", "http://a.example", "https://a.example?x=", "https://a.example#", "https://u@a.example",
        "file:///etc", "",
    ])
    func address_thatIsNoSecureAddress_isRefused(value: String) {
        #expect(filled("{base}/v1", ["base": value]) == nil)
    }

    @Test func plainHTTP_isAllowedWhereTheDefinitionSaysSo() {
        #expect(filled("{base}/v1", ["base": "http://10.0.0.1:11434"], plainHTTP: true) == "http://10.0.0.1:11434/v1")
        #expect(filled("{base}", [:]) == nil)
    }

    @Test(arguments: [
        "{base}evil", "{base}.evil/{x}/y", "https://{x}", "https://{x}.com", "https://a.{x}",
        "https://{x}.a.example/{x}", "example.com", "{x}{y}",
        "https://a.example/{x", "ftp://{x}.a.example", "https://a.example?{x}", "https://{x}a.example.com",
        "https://u{x}.a.b@c.d",
    ])
    func templateThatGivesAwayTooMuch_isRefused(text: String) {
        #expect(reason { () throws(GrammarFault) in try AddressTemplate(text) } != nil)
    }
}

@Suite struct PathRuleTests {
    @Test(arguments: [
        ("GET /a", "GET /a"), ("POST,GET /a/*", "GET,POST /a/*"), ("ANY /**", "ANY /**"), ("GET /a/**", "GET /a/**"),
        ("DELETE,GET,HEAD,PATCH,POST,PUT /%61", "ANY /a"), ("GET /", "GET /"), ("GET /x/*:run", "GET /x/*:run"),
    ])
    func rules_comeToOneSpelling(written: String, read: String) throws {
        #expect(try PathRule(written).description == read)
        #expect(try PathRule(read).description == read)
    }

    @Test(arguments: [
        "", "GET", "/a", "GET  /a", "get /a", "GET,/a", "TRACE /a", "GET a", "GET /a/../b", "GET /**/a", "GET /a**",
        "GET /*a*",
        "ANY,GET /a", "GET /a?b", "GET /a b",
    ])
    func otherRules_areRefused(text: String) {
        #expect(reason { () throws(GrammarFault) in try PathRule(text) } != nil)
    }

    @Test(arguments: [
        ("GET /a/*", "GET /a/b", true), ("GET /a/*", "GET /a", false), ("GET /a/*", "GET /a/b/c", false),
        ("GET /a/*", "GET /a/", false), ("GET /a/*", "POST /a/b", false), ("GET /a/**", "GET /a", true),
        ("GET /a/**", "GET /a/", true), ("GET /a/**", "GET /a/b/c/d", true), ("GET /a/**", "GET /ab", false),
        ("ANY /**", "DELETE /", true), ("GET /a", "GET /a/", false), ("GET /a/", "GET /a/", true),
        ("GET /a", "GET /A", false),
        ("GET /x/*:run", "GET /x/y:run", true), ("GET /x/*:run", "GET /x/:run", false),
        ("GET /x/v*", "GET /x/v1", true),
        ("GET /é", "GET /%c3%a9", true), ("GET /a/*/c", "GET /a/b/c", true), ("GET /a/*/c", "GET /a/b/d", false),
    ])
    func rule_matchesMethodAndWholePath(rule: String, asked: String, matches: Bool) throws {
        let words = asked.split(separator: " ")
        let method = try #require(RequestMethod(rawValue: String(words[0])))
        #expect(try PathRule(rule).matches(method, NormalPath(String(words[1]))) == matches)
    }
}
