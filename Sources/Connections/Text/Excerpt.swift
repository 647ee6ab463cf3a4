// Excerpt: as much of a vendor's words as a message repeats.
//
// For: errors of token endpoints and of upstreams, in messages to people and in the error ledger.
// Refuses: control characters, more than `longest` characters, and every secret that the caller knows was sent.
// Called by: TokenAnswer, CallbackQuery, AnswerEnvelope.

/// Makes foreign text fit to print.
public enum Excerpt {
    /// The most characters of an excerpt: two lines of a terminal.
    public static let longest = 200

    /// The beginning of `bytes` as printable text on one line. Bytes that are not UTF-8 become U+FFFD. Where one of
    /// `secrets` stands, `(secret)` stands instead.
    public static func of(_ bytes: some Collection<UInt8>, hiding secrets: [SecretText] = []) -> String {
        var clean = Array(bytes)
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
