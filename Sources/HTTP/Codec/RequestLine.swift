// RequestLine: method, target and version of a request (RFC 9112 §3).
//
// For: the first line of every request, into offsets and two small enums.
// Refuses: HTTP/0.9, other versions, CONNECT, absolute targets that are not http(s), `*` without OPTIONS, fragments and
// non-ASCII in targets, anything between the three parts but one space.
// Called by: RequestHeadParser.

/// A request method. `other` is any token we have no name for; its text is in ``RequestHead/methodText``.
public enum RequestMethod: UInt8, Sendable {
    case get, head, post, put, delete, options, patch, trace, connect, other
}

/// The protocol version of a message; nothing else is spoken here.
public enum HTTPVersion: UInt8, Sendable {
    case http10, http11
}

struct RequestLine: Hashable, Sendable {
    /// The longest method anybody registered is UPDATEREDIRECTREF (17); twice that leaves room and ends the search.
    static let methodBytesMax = 34

    var method = RequestMethod.other
    var version = HTTPVersion.http11
    var methodText = 0..<0
    /// The whole target as received.
    var target = 0..<0
    /// Host and port of an absolute-form target; empty otherwise.
    var authority = 0..<0
    /// Path without query; empty for an absolute-form target without one (the path is then "/").
    var path = 0..<0
    /// Behind the `?`; `nil` when there is none.
    var query: Range<Int>?

    /// Reads `line`, which excludes the CRLF.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, limits: HeadLimits
    ) -> Result<RequestLine, RequestProblem> {
        var result = RequestLine()
        var end = line.lowerBound
        while end < line.upperBound, ByteClass.isToken(bytes[end]) { end &+= 1 }
        guard end > line.lowerBound, end - line.lowerBound <= methodBytesMax else {
            return .failure(.malformed(.badMethod))
        }
        guard end < line.upperBound, bytes[end] == ByteClass.space else { return .failure(.malformed(.badMethod)) }
        result.methodText = line.lowerBound..<end
        result.method = method(bytes, result.methodText)
        // " HTTP/1.1" is nine bytes; a target needs one more.
        let targetStart = end + 1
        let targetEnd = line.upperBound - 9
        guard targetEnd > targetStart, bytes[targetEnd] == ByteClass.space else {
            return .failure(.malformed(.badRequestLine))
        }
        switch version(bytes, targetEnd + 1..<line.upperBound) {
        case .success(let version): result.version = version
        case .failure(let problem): return .failure(problem)
        }
        guard targetEnd - targetStart <= limits.targetBytesMax else { return .failure(.targetTooLong) }
        if let problem = result.readTarget(bytes, targetStart..<targetEnd) { return .failure(problem) }
        return .success(result)
    }

    private static func method(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> RequestMethod {
        // Methods are case-sensitive (RFC 9110 §9.1): compared byte by byte, "post" is `other`.
        func named(_ text: StaticString) -> Bool {
            var index = 0
            while index < range.count {
                guard bytes[range.lowerBound + index] == text.utf8Start[index] else { return false }
                index += 1
            }
            return true
        }
        switch range.count {
        case 3: return named("GET") ? .get : named("PUT") ? .put : .other
        case 4: return named("POST") ? .post : named("HEAD") ? .head : .other
        case 5: return named("PATCH") ? .patch : named("TRACE") ? .trace : .other
        case 6: return named("DELETE") ? .delete : .other
        case 7: return named("OPTIONS") ? .options : named("CONNECT") ? .connect : .other
        default: return .other
        }
    }

    private static func version(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Result<
        HTTPVersion, RequestProblem
    > {
        switch readVersion(bytes, range.lowerBound) {
        case .known(let version): .success(version)
        case .other: .failure(.unsupportedVersion)
        case .malformed: .failure(.malformed(.badVersion))
        }
    }

    enum ReadVersion {
        case known(HTTPVersion), other, malformed
    }

    /// The eight bytes from `start`: "HTTP/" DIGIT "." DIGIT, upper case (RFC 9112 §2.3). The caller knows they exist.
    static func readVersion(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> ReadVersion {
        let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self).bigEndian
        if word == 0x4854_5450_2F31_2E31 { return .known(.http11) }
        if word == 0x4854_5450_2F31_2E30 { return .known(.http10) }
        let shape = word & 0xFFFF_FFFF_FF00_FF00 == 0x4854_5450_2F00_2E00
        return shape && ByteClass.isDigit(bytes[start + 5]) && ByteClass.isDigit(bytes[start + 7]) ? .other : .malformed
    }
}
