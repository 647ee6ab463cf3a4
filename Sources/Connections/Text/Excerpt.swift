// Excerpt: as much of a vendor's words as a message repeats.
//
// For: errors of token endpoints and of upstreams, in messages to people and in the error ledger.
// Refuses: control characters, more than `longest` characters, and every secret that the caller knows was sent.
// Called by: TokenAnswer, CallbackQuery, AnswerEnvelope.

import JSON

/// Makes foreign text fit to print.
public enum Excerpt {
    /// The most characters of an excerpt: two lines of a terminal.
    public static let longest = 200

    /// The beginning of `bytes` as printable text on one line. Bytes that are not UTF-8 become U+FFFD. Where one of
    /// `secrets` stands, `(secret)` stands instead; JSON that spells one with escapes is `(secret)` altogether.
    public static func of(_ bytes: some Collection<UInt8>, hiding secrets: [SecretText] = []) -> String {
        var clean = Array(bytes)
        if clean.withUnsafeBytes({ escapes($0, secrets) }) { return "(secret)" }
        for secret in secrets { clean = hide(secret.bytes, in: clean) }
        var text = ""
        var wasBlank = true
        for character in String(decoding: clean, as: UTF8.self) {
            let isBlank = character.unicodeScalars.contains(where: isBlank)
            if isBlank && wasBlank { continue }
            guard text.count < longest else { return text + "…" }
            text.append(isBlank ? " " : character)
            wasBlank = isBlank
        }
        return text.last == " " ? String(text.dropLast()) : text
    }

    /// White space, control characters, and what turns a line's direction or hides.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    /// Whether `bytes` are JSON in which a string or a key is one of `secrets` once its escapes are read (`Basic YTpi\/`).
    static func escapes(_ bytes: UnsafeRawBufferPointer, _ secrets: [SecretText]) -> Bool {
        guard !secrets.isEmpty, bytes.contains(UInt8(ascii: "\\")), let value = try? JSONValue(parsing: bytes) else {
            return false
        }
        return value.hasString { text in
            var text = text
            return text.withUTF8 { string in
                secrets.contains { contains(UnsafeRawBufferPointer(string), $0.bytes) }
            }
        }
    }

    /// Whether `part`, if it is not empty, stands anywhere in `bytes`.
    static func contains(_ bytes: UnsafeRawBufferPointer, _ part: [UInt8]) -> Bool {
        guard let first = part.first, bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0] == first && bytes[$0...].starts(with: part) }
    }

    private static func hide(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let first = secret.first, bytes.count >= secret.count else { return bytes }
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == first, bytes[at...].starts(with: secret) {
                out.append(contentsOf: "(secret)".utf8)
                at += secret.count
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        return out
    }
}

extension JSONValue {
    /// Whether a string or a key in it is so.
    fileprivate func hasString(_ isSo: (String) -> Bool) -> Bool {
        switch self {
        case .null, .boolean, .number: false
        case .string(let text): isSo(text)
        case .array(let values): values.contains { $0.hasString(isSo) }
        case .object(let members): members.contains { isSo($0.key) || $0.value.hasString(isSo) }
        }
    }
}
