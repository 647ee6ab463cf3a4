// ReasoningSeal: an assistant's reasoning with its vendor's signature, carried by the client in `encrypted_content`.
//
// For: Y-09. Responses clients send reasoning items back as they came; the seal holds the entry of `reasoning_details` that the
//   signer needs again, text inside, so that nothing depends on what a client does to summaries. It is opaque, not secret.
// Refuses: what another service sealed.
// Called by: AssistantMessage (opens), ResponseItem (seals).

import JSON

enum ReasoningSeal {
    /// Stands before the base64url of a JSON list of entries.
    private static let prefix = Array("weir.r1.".utf8)
    private static let members: [StaticString] = ["type", "id", "text", "signature", "data", "format"]
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Appends the seal of `entries`, the inside of a JSON list; letters that need no escape.
    static func append(_ entries: [UInt8], to out: inout [UInt8]) {
        out.append(contentsOf: prefix)
        let bytes = [UInt8(ascii: "[")] + entries + [UInt8(ascii: "]")]
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let piece = bytes[start...].prefix(3)
            var word: UInt32 = 0
            for byte in piece { word = word << 8 | UInt32(byte) }
            word <<= UInt32(8 * (3 - piece.count))
            for letter in 0...piece.count { out.append(alphabet[Int(word >> UInt32(18 - 6 * letter) & 63)]) }
        }
    }

    /// Writes the entries of a seal, numbered `index`. `false`: it is none of ours.
    static func open(_ sealed: JSONText, index: Int, into details: inout JSONPieces) -> Bool {
        guard !sealed.isEscaped, sealed.spelling.starts(with: prefix),
            let bytes = Base64.decoded(sealed.spelling.dropFirst(prefix.count))
        else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let list = BodyValue(bytes), list.kind == .array else { return false }
            for entry in list.elements {
                guard let fields = try? entry.fields("") else { return false }
                write(fields, index, to: &details)
            }
            return true
        }
    }

    private static func write(_ entry: BodyFields, _ index: Int, to details: inout JSONPieces) {
        details.element {
            $0.object {
                for member in members {
                    guard let text = entry[member]?.text else { continue }
                    $0.key(member.description)
                    $0.spelled(text)
                }
                $0.member("index", index)
            }
        }
    }
}
