// ReturnTarget: where a browser goes once an account is connected.
//
// For: consoles that send somebody to connect an account and want them back.
// Refuses: every origin that the operator has not named: a link of this gateway leads nowhere else (RFC 9700 §4.11).
// Called by: ConnectionEndpoints, when a connection is begun and again when it has ended.

import Connections
import IPC

/// A place that was judged.
struct ReturnTarget: Equatable, Sendable {
    /// The whole address, for a Location field.
    let location: String

    /// The longest that tokend keeps.
    static let longest = FieldLimits.line

    /// `text` is a path of this gateway, or an address at its own or one of the configured origins; `nil` when it is neither.
    init?(_ text: String, _ settings: BrowserConfiguration) {
        guard let own = settings.publicURL, (1...Self.longest).contains(text.utf8.count),
            text.utf8.allSatisfy(Self.isPlain)
        else { return nil }
        if text.hasPrefix("/") {
            // Two slashes begin a host.
            guard !text.hasPrefix("//") else { return nil }
            location = own.description + text
            return
        }
        let front = text.hasPrefix("https://") ? "https://" : "http://"
        guard text.hasPrefix(front) else { return nil }
        let rest = text.dropFirst(front.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard let address = try? WebAddress(front + rest[..<end]) else { return nil }
        guard ([own] + settings.returnOrigins).contains(address.origin) else { return nil }
        // Written anew from what was compared.
        location = address.origin.description + rest[end...]
    }

    /// Printable ASCII without what browsers read as something else: a backslash is a slash to them.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !#"\"<>^`{|}"#.utf8.contains(byte)
    }
}
