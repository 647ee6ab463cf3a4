// ReferenceText: ledger references as operators read and type them.
//
// For: `--reference`, `--before`, and the original of a refund.
// Refuses: what is neither. 32 hexadecimal digits beginning with 0 or 1 always mean a machine's 16 bytes, never text,
// so that a reference printed here can be given back.
// Called by: Parse.

import Money
import Tenancy

enum ReferenceText {
    /// A reference as the history shows it: hexadecimal digits for a machine's, else the text itself.
    static func parse(_ text: String) -> Reference? { machine(text) ?? Reference(text: text) }

    /// The request a settlement belongs to; `nil` for references that no gateway made. The gateway counts a request's
    /// attempts in the lowest four bits.
    static func request(of reference: Reference) -> RequestID? {
        guard reference.bytes.count == 16, reference.bytes[0] < 0x20 else { return nil }
        let number = reference.bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        return RequestID(number: number & ~15)
    }

    /// Machine references begin with a 48-bit time, whose first byte is below 0x20 until the year 3084.
    private static func machine(_ text: String) -> Reference? {
        let digits = Array(text.utf8)
        guard digits.count == 32, digits[0] == UInt8(ascii: "0") || digits[0] == UInt8(ascii: "1") else { return nil }
        let values = digits.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard values.count == 32 else { return nil }
        return Reference(bytes: stride(from: 0, to: 32, by: 2).map { values[$0] << 4 | values[$0 + 1] })
    }
}
