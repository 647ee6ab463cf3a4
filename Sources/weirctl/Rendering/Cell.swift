// Cell: one value of an answer, before it is a table or JSON.
//
// For: writing every answer once, as columns and cells, and printing it in either form.
// Refuses: control characters on the terminal (a note or an upstream's error text must not move the cursor).
// Called by: Report.

import Money
import Tenancy

/// A value as the daemons answered it.
enum Cell: Hashable {
    case text(String)
    case number(Int64)
    /// Decimal dollars in both forms; a string in JSON, so that no reader rounds it.
    case money(Micros)
    case instant(UnixMillis)
    case flag(Bool)
    case texts([String])
    /// Nothing there: `-` in tables, `null` in JSON.
    case absent

    /// A count from the wire. Counts beyond 63 bits do not occur; they would show as the largest number.
    static func count(_ value: some BinaryInteger) -> Cell { .number(Int64(clamping: value)) }

    /// An optional value of any kind.
    static func optional<Value>(_ value: Value?, _ cell: (Value) -> Cell) -> Cell { value.map(cell) ?? .absent }

    /// As it stands in a table or a record.
    var plain: String {
        switch self {
        case .text(let text): text.isEmpty ? "-" : Self.printable(text)
        case .number(let number): String(number)
        case .money(let amount): amount.description
        case .instant(let instant): Self.withoutMillis(instant)
        case .flag(let flag): flag ? "yes" : "no"
        case .texts(let texts): texts.isEmpty ? "-" : texts.map(Self.printable).joined(separator: "; ")
        case .absent: "-"
        }
    }

    /// Digits behind the point of an amount; 0 for everything else.
    var decimals: Int {
        guard case .money = self, let point = plain.lastIndex(of: ".") else { return 0 }
        return plain.distance(from: point, to: plain.endIndex) - 1
    }

    /// `2026-11-21 07:33:00`: UTC to the second, which is what a person compares with a journal.
    private static func withoutMillis(_ instant: UnixMillis) -> String {
        let text = instant.description
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
    }

    /// Control characters as `\xNN`, everything else untouched.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if isControl(scalar) { result += escaped(scalar) } else { result.unicodeScalars.append(scalar) }
        }
    }

    /// C0, DEL, C1, and the characters that reverse the direction of a line.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return scalar.value > 0xFF ? "\\u{\(digits)}" : "\\x" + (digits.count < 2 ? "0" : "") + digits
    }
}
