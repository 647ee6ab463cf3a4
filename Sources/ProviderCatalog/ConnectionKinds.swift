// ConnectionKinds: the scalars of provider definitions.
//
// For: one strict grammar per kind: the one that Connections works with.
// Refuses: what that grammar refuses, with its reason.
// Called by: the declarations of this module.

import Connections
import DaemonKit
import Tenancy

/// Kinds whose values are types of Connections.
enum ConnectionKinds {
    static let baseURL = grammar(
        "URL, perhaps with {variables}", example: "https://example.com",
        { text throws(GrammarFault) in try AddressTemplate(text) })
    static let address = grammar(
        "URL", example: "https://example.com", { text throws(GrammarFault) in try WebAddress(text) })
    static let template = grammar(
        "text, perhaps with {variables}", example: "x", { text throws(GrammarFault) in try TextTemplate(text) })
    static let rule = grammar(
        "methods and a path pattern", example: "GET /", { text throws(GrammarFault) in try PathRule(text) })
    static let probe = grammar(
        "method and path or URL", example: "GET /", { text throws(GrammarFault) in try ProbeRequest(text) })
    static let path = grammar("dotted path", example: "id", { text throws(GrammarFault) in try DottedPath(text) })
    static let host = grammar(
        "host name, perhaps with *. in front", example: "example.com",
        { text throws(GrammarFault) in try HostPattern(text) })
    static let request = grammar(
        "method and path, perhaps with {variables}", example: "GET /",
        { text throws(GrammarFault) in try ActionRequest(text) })

    static let provider = text("id of 1 to 32 of a-z, 0-9 and -", most: ProviderID.longest, example: "provider") {
        ProviderID($0) == nil ? "expected 1 to 32 of a-z, 0-9 and -, beginning with a letter" : nil
    }
    static let domain = provider
    static let name = text("name of a-z, 0-9 and _", most: 32, example: "name") {
        TextTemplate.isName($0) ? nil : "expected a-z, 0-9 and _, beginning with a letter"
    }
    static let parameter = text("parameter name", most: 128, example: "name")
    static let header = text("header field name", most: HeaderRule.longestName, example: "x-example") {
        HeaderRule.fault(inName: $0)
    }
    static func words(_ summary: String, most: Int = 256) -> ScalarKind<String> {
        text(summary, most: most, example: "x")
    }

    /// The cases of an enumeration by the names that they are configured with.
    static func word<Choice: CaseIterable & RawRepresentable & Equatable & Sendable>() -> ScalarKind<Choice>
    where Choice.RawValue == String {
        .word(Choice.allCases.map { ($0.rawValue, $0) })
    }

    private static func text(
        _ summary: String, most: Int, example: String, check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> ScalarKind<String> {
        .text(summary, most: most, example: example, check: check)
    }

    /// A kind read by a grammar of Connections, whose values print as they are read.
    private static func grammar<Value: CustomStringConvertible & Sendable>(
        _ summary: String, example: String, _ read: @escaping @Sendable (String) throws(GrammarFault) -> Value
    ) -> ScalarKind<Value> {
        guard let example = try? read(example) else { preconditionFailure("the example of \(summary) is one") }
        let text = ScalarKind<String>.text(summary, most: WebAddress.longest, example: "x")
        return ScalarKind(
            summary, example: example,
            parse: { scalar throws(ConfigReason) in
                let written = try text.parse(scalar)
                do throws(GrammarFault) {
                    return try read(written)
                } catch {
                    throw ConfigReason(error.reason)
                }
            }, render: { $0.description })
    }
}

/// The request line of an action.
struct ActionRequest: Sendable, CustomStringConvertible {
    let method: RequestMethod
    let path: TextTemplate
    /// As it was written.
    let description: String

    init(_ text: String) throws(GrammarFault) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let method = RequestMethod(rawValue: String(words[0])), words[1].hasPrefix("/") else {
            throw GrammarFault("expected a method and a path, such as GET /v1/items/{item_id}")
        }
        (self.method, path, description) = (method, try TextTemplate(String(words[1])), text)
    }
}
