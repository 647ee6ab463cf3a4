// ByteSearch: the inner loops that look at every byte of a body.
//
// For: finding the end of the plain part of a JSON string and of a line, sixteen bytes at a step.
// Refuses: nothing. Reads only `from ..< end`.
// Called by: JSONScanner (strings), JSONWriter (what needs an escape), Translation's SSEParser (line ends).

/// Searches over raw bytes, written so that the compiler uses vector compares.
public enum ByteSearch {
    /// The first offset in `from ..< end` that holds `"`, `\` or a byte below 0x20; `end` when there is none.
    @inlinable
    @inline(__always)
    public static func stringSpecial(_ base: UnsafePointer<UInt8>, _ from: Int, _ end: Int) -> Int {
        var at = from
        while at &+ 16 <= end {
            let bytes = UnsafeRawPointer(base + at).loadUnaligned(as: SIMD16<UInt8>.self)
            let hits = (bytes .== all(0x22)) .| (bytes .== all(0x5C)) .| (bytes .< all(0x20))
            let first = firstHit(hits)
            if first < 16 { return at &+ first }
            at &+= 16
        }
        while at < end {
            let byte = base[at]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { return at }
            at &+= 1
        }
        return end
    }

    /// The first offset in `from ..< end` that holds LF or CR; `end` when there is none.
    @inlinable
    @inline(__always)
    public static func lineEnd(_ base: UnsafePointer<UInt8>, _ from: Int, _ end: Int) -> Int {
        var at = from
        while at &+ 16 <= end {
            let bytes = UnsafeRawPointer(base + at).loadUnaligned(as: SIMD16<UInt8>.self)
            let first = firstHit((bytes .== all(0x0A)) .| (bytes .== all(0x0D)))
            if first < 16 { return at &+ first }
            at &+= 16
        }
        while at < end {
            if base[at] == 0x0A || base[at] == 0x0D { return at }
            at &+= 1
        }
        return end
    }

    /// Sixteen times `byte`. Compares against vectors become one instruction; those against scalars a loop over the lanes.
    @inlinable
    @inline(__always)
    static func all(_ byte: UInt8) -> SIMD16<UInt8> { SIMD16(repeating: byte) }

    /// The lane of the first true element, 16 when none is. Lanes are bytes of all ones, so two words tell it.
    @inlinable
    @inline(__always)
    static func firstHit(_ hits: SIMDMask<SIMD16<Int8>>) -> Int {
        let words = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
        if words[0] != 0 { return words[0].littleEndian.trailingZeroBitCount &>> 3 }
        if words[1] != 0 { return 8 &+ (words[1].littleEndian.trailingZeroBitCount &>> 3) }
        return 16
    }
}
