// Paths in normal form: what is taken, what is refused, and a second model that agrees.

import Foundation
import JSON
import Support
import Testing

@testable import Connections

@Suite struct NormalPathTests {
    @Test(arguments: [
        ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/b.json", "/a/b.json"), ("/%61%7e", "/a~"), ("/a%2bb", "/a%2Bb"),
        ("/a b".replacingOccurrences(of: " ", with: "%20"), "/a%20b"), ("/é", "/%C3%A9"), ("/%c3%a9", "/%C3%A9"),
        ("/users/@me", "/users/@me"), ("/me@example.com", "/me@example.com"), ("/a:b(c)!$&'*+,=", "/a:b(c)!$&'*+,="),
        ("/...a", "/...a"), ("/日本", "/%E6%97%A5%E6%9C%AC"), ("/a%3ab", "/a%3Ab"),
    ])
    func paths_comeToOneSpelling(written: String, sent: String) throws {
        #expect(try NormalPath(written).description == sent)
        #expect(try NormalPath(sent).description == sent, "and stay as they are")
    }

    /// What somebody may try to get another path past the allow-list than the one that was compared. Each is tried as
    /// the path of a request whose allow-list takes everything below /items.
    static let smuggled: [String] = [
        // Dots, plain and escaped.
        "/items/..", "/items/../admin", "/items/.", "/items/./x", "/items/..../x", "/items/%2e%2e/admin",
        "/items/%2E./admin",
        "/items/.%2e/admin", "/items/%2e", "/items/x%2ejson", "/items/..%20/admin", "/items/.%20/admin",
        // Escapes of escapes.
        "/items/%252e%252e/admin", "/items/%25252e/admin", "/items/%252fadmin", "/items/%25",
        // Slashes, backslashes and what looks like them.
        "/items/%2fadmin", "/items/%2Fadmin", "/items//admin", "//admin", "/items/x\\..\\admin", "/items/..\\admin",
        "/items/%5c..%5cadmin", "/items/%5Cadmin", "/items/\u{FF0F}admin", "/items/%EF%BC%8Fadmin",
        "/items/\u{2215}admin",
        "/items/\u{FF3C}admin", "/items/\u{2024}\u{2024}/admin", "/items/\u{FF0E}\u{FF0E}/admin",
        "/items/\u{2025}/admin",
        "/items/\u{2100}", "/items/\u{FF05}2e", "/items/%E2%80%A5/admin",
        // Overlong and broken UTF-8.
        "/items/%c0%af", "/items/%c0%ae%c0%ae/admin", "/items/%e0%80%af", "/items/%f0%80%80%af", "/items/%ff",
        "/items/%c3",
        "/items/%ed%a0%80", "/items/%u002e%u002e/admin",
        // Parameters of segments.
        "/items/..;/admin", "/items/x;/../admin", "/items/x;v=1", "/items/%3b/admin", "/items/;",
        // Other servers and schemes.
        "http://evil.example/items/x", "https:/evil.example", "//evil.example/items", "\\\\evil.example\\x", "items/x",
        "",
        "@evil.example/items", ":80/items", ".evil.example/items", "*", "/items/x://evil.example/..",
        // Line ends, blanks and control characters.
        "/items/x HTTP/1.1", "/items/x\r\nHost: evil", "/items/x\nX: y", "/items/%0d%0aHost:%20evil", "/items/%0a",
        "/items/%00",
        "/items/x\u{0}", "/items/\u{7F}", "/items/%7f", "/items/x\ty", "/items/%09", "/items/x y", "/items/\u{85}",
        "/items/\u{2028}", "/items/\u{200B}", "/items/\u{202E}x", "/items/\u{FEFF}", "/items/\u{A0}",
        // Fragments, and queries in disguise.
        "/items/x#y", "/items/%23y", "/items/x%3fadmin=1", "/items/%3F",
        // Broken escapes and bytes that no path has.
        "/items/%", "/items/%2", "/items/%zz", "/items/%%32%65", "/items/x\"y", "/items/<x>", "/items/x|y",
        "/items/x^y",
        "/items/`x`", "/items/{x}", "/items/[x]",
    ]

    @Test func smuggling_isTriedOftenEnough() {
        #expect(Self.smuggled.count >= 40)
        #expect(Set(Self.smuggled).count == Self.smuggled.count)
    }

    @Test(arguments: smuggled)
    func smuggledPath_isRefused(path: String) throws {
        var escaped: [UInt8] = []
        JSONWriter.appendString(path, to: &escaped)
        let problems = Sample.problems(#"{"path":\#(escaped.text)}"#)
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("path: ") == true, "\(problems)")
    }

    @Test func bounds_areOnBytesAndSegments() {
        let longest = "/" + String(repeating: "a", count: NormalPath.longest - 1)
        #expect(reason { () throws(GrammarFault) in try NormalPath(longest) } == nil)
        #expect(reason { () throws(GrammarFault) in try NormalPath(longest + "a") } != nil)
        let wide = "/" + String(repeating: "é", count: NormalPath.longest / 4)
        #expect(reason { () throws(GrammarFault) in try NormalPath(wide) }?.hasSuffix("when escaped") == true)
        let deep = String(repeating: "/a", count: NormalPath.mostSegments)
        #expect(reason { () throws(GrammarFault) in try NormalPath(deep) } == nil)
        #expect(reason { () throws(GrammarFault) in try NormalPath(deep + "/a") } != nil)
    }

    /// A hundred thousand paths out of the pieces of attacks: the naive model takes the same ones, and no way in which
    /// a server may read an accepted path leads anywhere else.
    @Test func paths_areTheSameToANaiveModelAndToEveryServer() throws {
        var random = SeededRandom.forTest()
        let seed = random.seed
        var accepted = 0
        for _ in 0..<100_000 {
            let text = (random.next() % 8 == 0 ? "" : "/") + Self.pieces(&random)
            let path = try? NormalPath(text)
            let model = NaivePath.segments(text)
            try #require(path?.segments.map(NaivePath.decoded) == model, "seed \(seed): \(text.debugDescription)")
            guard let path, let model else { continue }
            accepted += 1
            try #require((try? NormalPath(path.description)) == path, "seed \(seed): \(text.debugDescription)")
            for server in NaiveServer.allCases {
                let seen = server.segments(path.description)
                try #require(seen == model, "seed \(seed): \(server) reads \(path) as \(seen)")
            }
        }
        try #require(accepted > 5000, "seed \(seed): the model is asked about good paths, too")
    }

    private static let pieces = [
        "a", "b", "Z9", "items", "/", "/", "/", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "%", "%2", "%61", "%41",
        "%7E", "%25",
        "%20", " ", ";", "%3b", "?", "%3f", "#", "%00", "%0a", "\r", "é", "%c3%a9", "%C3", "%c0%af", "\u{FF0F}",
        "\u{2024}", "ü",
        "@", ":", "*", "+", "%2b", "~", "-", "_", "=", ",", "!", "日", "%e6%97%a5", "%ef%bc%8f",
    ]

    private static func pieces(_ random: inout SeededRandom) -> String {
        (0..<Int.random(in: 0...7, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
    }
}

/// The rules once more, slowly and with other means: whole strings, Foundation's decoder, lists of what is forbidden.
private enum NaivePath {
    static func decoded(_ segment: String) -> String { segment.removingPercentEncoding ?? "?" }

    static func segments(_ text: String) -> [String]? {
        guard text.hasPrefix("/") else { return nil }
        let parts = text.dropFirst().components(separatedBy: "/")
        guard !parts.dropLast().contains("") else { return nil }
        let segments = parts.map(segment)
        return segments.contains(nil) ? nil : segments.compactMap { $0 }
    }

    private static func segment(_ text: String) -> String? {
        for forbidden in ["%2e", "%2f", "%5c", "%25", "%3b", "%3f", "%23", "%7f"]
        where text.lowercased().contains(forbidden) {
            return nil
        }
        guard
            text.unicodeScalars.allSatisfy({
                $0.value > 0x20 && $0.value != 0x7F && !"\\;?#\"<>^`{|}[]".unicodeScalars.contains($0)
            })
        else { return nil }
        guard let decoded = text.removingPercentEncoding else { return nil }
        let controls = CharacterSet.controlCharacters.union(.newlines)
        guard decoded.rangeOfCharacter(from: controls) == nil else { return nil }
        let strange = decoded.unicodeScalars.contains { !$0.isASCII && !CharacterSet.alphanumerics.contains($0) }
        let trimmed = decoded.trimmingCharacters(in: CharacterSet(charactersIn: ". "))
        return strange || !decoded.isEmpty && trimmed.isEmpty ? nil : decoded
    }
}

/// How servers are known to read paths. None of it may matter.
private enum NaiveServer: CaseIterable {
    case plain, decodesTwice, takesBackslashes, cutsParameters, mergesSlashes, maps, trims

    /// The segments that the server acts on: decoded, with dots resolved.
    func segments(_ path: String) -> [String] {
        var text = path
        switch self {
        case .plain: break
        case .decodesTwice: text = NaivePath.decoded(NaivePath.decoded(path))
        case .takesBackslashes: text = NaivePath.decoded(path).replacingOccurrences(of: "\\", with: "/")
        case .cutsParameters:
            text = path.components(separatedBy: "/").map { $0.components(separatedBy: ";")[0] }.joined(separator: "/")
        case .mergesSlashes:
            while text.contains("//") { text = text.replacingOccurrences(of: "//", with: "/") }
        case .maps:
            // ASCII for whatever looks like it. Letters may change; the shape may not.
            let mapped = NaivePath.decoded(path).precomposedStringWithCompatibilityMapping
            let shape = mapped.components(separatedBy: "/").count == path.components(separatedBy: "/").count
            text = shape && !mapped.contains("\\") ? path : mapped
        case .trims:
            text = path.components(separatedBy: "/").map {
                let decoded = NaivePath.decoded($0)
                let trimmed = decoded.replacingOccurrences(of: "[. ]+$", with: "", options: .regularExpression)
                return trimmed.isEmpty ? decoded : $0
            }.joined(separator: "/")
        }
        var resolved: [String] = []
        for part in text.dropFirst().components(separatedBy: "/") {
            let decoded = self == .decodesTwice || self == .takesBackslashes ? part : NaivePath.decoded(part)
            if decoded == "." { continue }
            if decoded == ".." { _ = resolved.popLast() } else { resolved.append(decoded) }
        }
        return resolved
    }
}
