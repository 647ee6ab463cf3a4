// IPAddress+Text: addresses as they are written, in one spelling only.
//
// For: hosts of URLs, the operator's allow-list, the lines an operator reads.
// Refuses: everything that inet_aton(3) would guess at (fewer than four parts, octal, hexadecimal, leading zeros),
// brackets, zones, signs, spaces, anything outside ASCII.
// Called by: OutboundHost, AddressPrefix; AddressRefusal writes.

extension IPAddress: CustomStringConvertible {
    /// Longest text of an IPv6 address: eight groups, the last two as IPv4 (RFC 4291 §2.2).
    static let textBytesMost = 45

    /// Reads `192.0.2.1` or an IPv6 address of RFC 4291 §2.2, without brackets or zone; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let text = Array(text.utf8)
        guard text.count <= Self.textBytesMost else { return nil }
        if text.contains(ByteClass.colon) {
            guard let bits = Self.v6Bits(text[...]) else { return nil }
            self.init(v6: bits)
        } else {
            guard let bits = Self.v4Bits(text[...]) else { return nil }
            self.init(v4: bits)
        }
    }

    /// As RFC 5952 wants it: lower case, no leading zeros, the longest run of zero groups (the first of equals) as
    /// `::`.
    public var description: String {
        switch family {
        case .v4: bytes.map { String($0) }.joined(separator: ".")
        case .v6:
            Self.text(stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> UInt128($0)) })
        }
    }
}

// Reading.
extension IPAddress {
    /// Four decimal numbers up to 255 without leading zeros: inet_aton would take `010` for eight.
    private static func v4Bits(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            let isPadded = part.count > 1 && part.first == UInt8(ascii: "0")
            guard (1...3).contains(part.count), part.allSatisfy(ByteClass.isDigit), !isPadded else { return nil }
            let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
            guard number <= 255 else { return nil }
            bits = bits << 8 | number
        }
        return bits
    }

    /// Eight groups, or fewer around one `::`.
    private static func v6Bits(_ text: ArraySlice<UInt8>) -> UInt128? {
        guard
            let gap = text.indices.dropLast().first(where: {
                text[$0] == ByteClass.colon && text[$0 + 1] == ByteClass.colon
            })
        else {
            guard let all = groups(text, mayEndInV4: true), all.count == 8 else { return nil }
            return joined(all)
        }
        let left = text[..<gap]
        let right = text[(gap + 2)...]
        guard let before = left.isEmpty ? [] : groups(left, mayEndInV4: false),
            let after = right.isEmpty ? [] : groups(right, mayEndInV4: true), before.count + after.count <= 7
        else { return nil }
        return joined(before + Array(repeating: 0, count: 8 - before.count - after.count) + after)
    }

    /// Groups of one to four hexadecimal digits between colons; an IPv4 address at the end is two of them.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInV4: Bool) -> [UInt16]? {
        let parts = text.split(separator: ByteClass.colon, maxSplits: 8, omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let bits = v4Bits(part) else { return nil }
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard (1...4).contains(part.count) else { return nil }
                var group: UInt16 = 0
                for byte in part {
                    guard let digit = ByteClass.hexValue(byte) else { return nil }
                    group = group << 4 | UInt16(digit)
                }
                groups.append(group)
            }
        }
        return groups
    }

    private static func joined(_ groups: [UInt16]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }
}

// Writing.
extension IPAddress {
    private static func text(_ groups: [UInt16]) -> String {
        let written = groups.map { String($0, radix: 16) }
        guard let gap = longestZeroRun(groups) else { return written.joined(separator: ":") }
        return written[..<gap.lowerBound].joined(separator: ":") + "::"
            + written[gap.upperBound...].joined(separator: ":")
    }

    /// RFC 5952 §4.2: a single zero group is not shortened.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        return longest.count >= 2 ? longest : nil
    }
}
