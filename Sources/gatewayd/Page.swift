// Page: the few HTML pages that people see in a browser, and the redirects between them.
//
// For: connecting an account, agreeing to a client: plain documents that work without scripts.
// Refuses: markup in anything but this program's own literals: every value that is put into HTML is escaped. Nothing is
//          loaded, run, framed, kept in a cache, or told to the next site (CSP, Referrer-Policy).
// Called by: ConnectPages, and whoever else shows something to a person.

import HTTP
import Hashing
import NIOCore
import Tenancy
import Translation

/// HTML whose literal parts are ours and whose values are text: `"<p>\(name)</p>"` escapes `name`.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
    typealias StringLiteralType = StaticString

    let text: String

    init(stringLiteral literal: StaticString) { text = literal.description }

    init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    private init(joined text: String) { self.text = text }

    /// Text as it is shown; in quotes it may also be an attribute's value.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            default:
                // Control characters and what turns the direction of text around could make a value look like another.
                let category = scalar.properties.generalCategory
                escaped.unicodeScalars.append(category == .control || category == .format ? "\u{FFFD}" : scalar)
            }
        }
        return escaped
    }

    static func + (left: HTML, right: HTML) -> HTML { HTML(joined: left.text + right.text) }

    /// Every part of a literal, and every value in it.
    struct Interpolation: StringInterpolationProtocol {
        typealias StringLiteralType = StaticString

        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
        mutating func appendInterpolation(_ value: String) { text += HTML.escaped(value) }
        mutating func appendInterpolation(_ html: HTML) { text += html.text }
    }
}

/// Answers for people.
enum Page {
    /// Answers with a document. `formTargets` are the places that its forms may lead to, redirects included: `'self'` or
    /// origins; without any its forms lead nowhere. `also` may add header fields.
    static func answer(
        status: Int = 200, _ title: String, _ content: HTML, formTargets: [String] = [], _ id: RequestID,
        on exchange: HTTPExchange, also: (inout HeaderBlock) -> Void = { _ in }
    ) {
        let document = document(title, content, id)
        exchange.respond(status: status, body: ByteBuffer(string: document.text)) { headers in
            headers.append("content-type", "text/html; charset=utf-8")
            headers.append("content-security-policy", policy(formTargets))
            headers.append("x-frame-options", "DENY")
            appendCare(to: &headers)
            Answer.appendIdentity(of: id, .account, to: &headers)
            also(&headers)
        }
    }

    /// Sends the browser to `location` with a GET (RFC 9110 §15.4.4). `also` may add header fields.
    static func redirect(
        to location: String, _ id: RequestID, on exchange: HTTPExchange, also: (inout HeaderBlock) -> Void = { _ in }
    ) {
        exchange.respond(status: 303, body: ByteBuffer()) { headers in
            headers.append("location", location)
            appendCare(to: &headers)
            Answer.appendIdentity(of: id, .account, to: &headers)
            also(&headers)
        }
    }

    /// A refusal, for a person.
    static func refuse(_ refusal: Refusal, _ id: RequestID, on exchange: HTTPExchange) {
        let title = refusal.kind.status >= 500 ? "This did not work" : "This is not possible"
        answer(status: refusal.kind.status, title, "<p>\(refusal.message)</p>", id, on: exchange) { headers in
            if let seconds = refusal.retryAfterSeconds { headers.append("retry-after", seconds) }
        }
    }

    /// Neither caches nor other sites learn of a link that has a ticket or a code in it.
    private static func appendCare(to headers: inout HeaderBlock) {
        headers.append("cache-control", "no-store")
        headers.append("referrer-policy", "no-referrer")
        headers.append("x-content-type-options", "nosniff")
    }

    /// The whole document.
    static func document(_ title: String, _ content: HTML, _ id: RequestID) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>\(title)</title>
        <style>\(style)</style>
        </head>
        <body>
        <h1>\(title)</h1>
        \(content)
        <p class="id">Request \(id.description)</p>
        </body>
        </html>

        """
    }

    /// Nothing is loaded; the one style is known by its digest.
    static func policy(_ formTargets: [String]) -> String {
        let forms = formTargets.isEmpty ? "'none'" : formTargets.joined(separator: " ")
        return
            "default-src 'none'; style-src 'sha256-\(styleDigest)'; base-uri 'none'; frame-ancestors 'none'; form-action \(forms)"
    }

    private static let style: HTML =
        "body{font:16px/1.5 sans-serif;max-width:36em;margin:4em auto;padding:0 1em}.id{color:#777;font-size:80%}"

    private static let styleDigest = StandardBase64.text(SHA256Digest(of: Array(style.text.utf8)).bytes)
}

/// Base64 as RFC 4648 §4 has it, which a Content-Security-Policy wants.
private enum StandardBase64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                let digit = alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
