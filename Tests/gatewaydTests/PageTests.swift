// Pages for browsers: what is escaped, and what a browser is told not to do.

import Tenancy
import Testing

@testable import gatewayd

@Suite struct PageTests {
    @Test func values_areEscaped_literalsAreNot() {
        let name = "<script>alert(\"x\")</script> & 'more'"
        let html: HTML = "<p title=\"\(name)\">\(name)</p>"
        let escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;more&#39;"
        #expect(html.text == "<p title=\"\(escaped)\">\(escaped)</p>")
    }

    @Test func htmlInHTML_isEscapedOnce() {
        let inner: HTML = "<b>\("<")</b>"
        let outer: HTML = "<p>\(inner)</p>"
        #expect(outer.text == "<p><b>&lt;</b></p>")
        #expect((outer + inner).text == "<p><b>&lt;</b></p><b>&lt;</b>")
    }

    @Test(arguments: ["\u{0}", "\u{1B}", "\u{202E}", "\u{200B}", "\r"])
    func characters_thatCannotBeSeen_areReplaced(_ text: String) {
        #expect(HTML.escaped("a\(text)b") == "a\u{FFFD}b")
    }

    @Test func policy_forbidsAllButTheStyleAndTheNamedForms() {
        let none = Page.policy([])
        #expect(none.hasPrefix("default-src 'none'; style-src 'sha256-"))
        #expect(none.contains("frame-ancestors 'none'") && none.hasSuffix("form-action 'none'"))
        #expect(Page.policy(["'self'", "https://a.example"]).hasSuffix("form-action 'self' https://a.example"))
    }

    @Test func document_namesItsRequestAndEscapesItsTitle() {
        let page = Page.document("<x>", "<p>said</p>", .init(number: 16)).text
        #expect(page.contains("<title>&lt;x&gt;</title>") && page.contains("<h1>&lt;x&gt;</h1>"))
        #expect(page.contains("<p>said</p>") && page.contains(RequestIDText.sixteen))
        #expect(!page.contains("<script"))
    }
}

private enum RequestIDText {
    static let sixteen = "\(RequestID(number: 16))"
}
