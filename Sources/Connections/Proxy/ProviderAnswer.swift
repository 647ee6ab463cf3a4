// ProviderAnswer: a provider's answer, and whether it is one.
//
// For: AgentAnswer: JSON or something else, success or failure, and a sentence about the failure.
// Refuses: to take a status for the truth where the provider's definition knows better.
// Called by: AgentAnswer; whoever tries a credential with a definition's test.

import JSON

/// What a provider answered.
public struct ProviderAnswer {
    public let status: Int
    public let contentType: String?
    public let body: UnsafeRawBufferPointer
    /// Whether the body is one JSON value in UTF-8. Values nested deeper than the scanner reads count as text.
    public let isJSON: Bool
    private let rules: AnswerRules

    /// The body must stay where it is while this is used.
    public init(status: Int, contentType: String?, body: UnsafeRawBufferPointer, rules: AnswerRules) {
        (self.status, self.contentType, self.body, self.rules) = (status, contentType, body, rules)
        let claimsJSON = contentType.map { $0.lowercased().contains("json") } ?? true
        isJSON = claimsJSON && UTF8Check.isValid(body) && Self.isValue(body)
    }

    private static func isValue(_ text: UnsafeRawBufferPointer) -> Bool {
        do throws(JSONFault) {
            var scanner = JSONScanner(text)
            try scanner.skip()
            try scanner.finish()
            return true
        } catch {
            return false
        }
    }

    /// Why this is no success; `nil` when it is one.
    public func failure(_ provider: String, hiding secrets: [SecretText]) -> AgentFailure? {
        let code = errorText
        let sentence = code.map { ": " + Excerpt.of($0.utf8, hiding: secrets) } ?? ""
        if status == 401 || code.map(rules.credentialErrors.contains) ?? false, !isSuccess {
            return AgentFailure(.tokenExpired, "\(provider) does not accept the credential\(sentence)")
        }
        switch status {
        case 200...299:
            guard saysFailure else { return nil }
            return AgentFailure(.upstreamError, "\(provider) reports a failure\(sentence)")
        case 400...599: return AgentFailure(.upstreamError, "\(provider) answered \(status)\(sentence)", status: status)
        case 300...399:
            return AgentFailure(.upstreamError, "\(provider) answered \(status), a redirect, which is not followed")
        default: return AgentFailure(.upstreamError, "\(provider) answered with the status \(status)")
        }
    }

    private var isSuccess: Bool { (200...299).contains(status) && !saysFailure }

    private var saysFailure: Bool {
        guard isJSON, let field = rules.successField else { return false }
        return field.found(in: body) == .boolean(false)
    }

    /// The error's code or sentence: where the definition says, or where most vendors have it.
    private var errorText: String? {
        guard isJSON, !isSuccess else { return nil }
        return (rules.errorFields + Self.usualPlaces).lazy.compactMap { $0.found(in: body)?.string }.first {
            !$0.isEmpty
        }
    }

    private static let usualPlaces = ["error.message", "error_description", "message", "error", "detail", "title"]
        .compactMap { try? DottedPath($0) }

    /// The body of a failure, if it is JSON, small, and repeats nothing that was sent in secret.
    func errorData(hiding secrets: [SecretText]) -> UnsafeRawBufferPointer? {
        guard isJSON, body.count <= AgentAnswer.largestErrorData else { return nil }
        let isRepeated = secrets.contains { Excerpt.contains(body, $0.bytes) }
        return isRepeated || Excerpt.escapes(body, secrets) ? nil : body
    }

    /// A body that is not JSON, as JSON: nothing as null, text as a string, everything else in base 64.
    func writeForeign(to writer: inout JSONWriter) {
        if body.isEmpty { return writer.null() }
        if UTF8Check.isValid(body), !body.contains(0) { return writer.string(String(decoding: body, as: UTF8.self)) }
        writer.object {
            $0.member("content_type", contentType.map { Excerpt.of($0.utf8) })
            $0.member("encoding", "base64")
            $0.member("content", String(decoding: Base64Text.padded(body), as: UTF8.self))
        }
    }
}

extension DottedPath {
    /// What is there in a JSON text, without a tree of all of it; `nil` when it is not there.
    func found(in text: UnsafeRawBufferPointer) -> JSONValue? {
        var text = text
        for name in names {
            guard let inner = Self.member(name, of: text) else { return nil }
            text = inner
        }
        return try? JSONValue(parsing: text)
    }

    /// The last member of that name, as common parsers choose.
    private static func member(_ name: String, of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        do throws(JSONFault) {
            var scanner = JSONScanner(text)
            try scanner.enterObject()
            var found: Range<Int>?
            while let key = try scanner.nextMember() {
                let range = try scanner.skip()
                if key.spelling.elementsEqual(name.utf8) || key.isEscaped && key.string == name { found = range }
            }
            return found.map { UnsafeRawBufferPointer(rebasing: text[$0]) }
        } catch {
            return nil
        }
    }
}
