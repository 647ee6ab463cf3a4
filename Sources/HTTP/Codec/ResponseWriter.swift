// ResponseWriter: status line, framing fields and chunks of our own answers.
//
// For: the server side's output; pure appends to one buffer.
// Refuses: nothing; the caller decides framing, this writes it.
// Called by: ServerConnection.

internal import NIOCore

enum ResponseWriter {
    /// How the body of an answer is delimited.
    enum Framing {
        case length(Int), chunked, untilClose
        /// HEAD without a known length, 204, 304.
        case none
    }

    static let continueLine: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    static let lastChunk: StaticString = "0\r\n\r\n"
    /// 16 digits and CRLF.
    static let chunkHeadBytesMax = 18

    static func writeStatusLine(_ status: Int, to out: inout ByteBuffer) {
        let line = statusLine(status)
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: 64) { target in
            var offset = 0
            target.put(line, &offset)
            guard offset == 0 else { return offset }
            target.put("HTTP/1.1 ", &offset)
            target.putDecimal(status, &offset)
            target.put(" \r\n", &offset)
            return offset
        }
    }

    /// What follows the handler's fields: framing, date, connection and the empty line.
    static func writeEnd(
        _ framing: Framing, dateLine: [UInt8], keepsAlive: Bool, version: HTTPVersion, to out: inout ByteBuffer
    ) {
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: 160) { target in
            var offset = 0
            put(framing, into: target, &offset)
            dateLine.withUnsafeBytes { target.put($0, &offset) }
            if !keepsAlive {
                target.put("connection: close\r\n", &offset)
            } else if version == .http10 {
                target.put("connection: keep-alive\r\n", &offset)
            }
            target.put("\r\n", &offset)
            return offset
        }
    }

    private static func put(_ framing: Framing, into target: UnsafeMutableRawBufferPointer, _ offset: inout Int) {
        switch framing {
        case .length(let length):
            target.put("content-length: ", &offset)
            target.putDecimal(length, &offset)
            target.put("\r\n", &offset)
        case .chunked: target.put("transfer-encoding: chunked\r\n", &offset)
        case .untilClose, .none: break
        }
    }

    /// "1a4\r\n" for a chunk of `size` > 0 bytes.
    static func writeChunkHead(_ size: Int, to out: inout ByteBuffer) {
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: chunkHeadBytesMax) { target in
            var offset = DecimalText.writeHex(size, to: target.bindMemory(to: UInt8.self))
            target.put("\r\n", &offset)
            return offset
        }
    }

    /// A whole chunk.
    static func writeChunk(_ bytes: UnsafeRawBufferPointer, to out: inout ByteBuffer) {
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: chunkHeadBytesMax + bytes.count + 2) { target in
            var offset = DecimalText.writeHex(bytes.count, to: target.bindMemory(to: UInt8.self))
            target.put("\r\n", &offset)
            target.put(bytes, &offset)
            target.put("\r\n", &offset)
            return offset
        }
    }

    /// The lines of the statuses a gateway answers or relays; others are put together without a reason phrase.
    private static func statusLine(_ status: Int) -> StaticString {
        switch status {
        case 200: "HTTP/1.1 200 OK\r\n"
        case 201: "HTTP/1.1 201 Created\r\n"
        case 202: "HTTP/1.1 202 Accepted\r\n"
        case 204: "HTTP/1.1 204 No Content\r\n"
        case 304: "HTTP/1.1 304 Not Modified\r\n"
        case 400: "HTTP/1.1 400 Bad Request\r\n"
        case 401: "HTTP/1.1 401 Unauthorized\r\n"
        case 402: "HTTP/1.1 402 Payment Required\r\n"
        case 403: "HTTP/1.1 403 Forbidden\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
        case 408: "HTTP/1.1 408 Request Timeout\r\n"
        case 409: "HTTP/1.1 409 Conflict\r\n"
        case 411: "HTTP/1.1 411 Length Required\r\n"
        case 413: "HTTP/1.1 413 Content Too Large\r\n"
        case 414: "HTTP/1.1 414 URI Too Long\r\n"
        case 415: "HTTP/1.1 415 Unsupported Media Type\r\n"
        case 417: "HTTP/1.1 417 Expectation Failed\r\n"
        case 422: "HTTP/1.1 422 Unprocessable Content\r\n"
        case 429: "HTTP/1.1 429 Too Many Requests\r\n"
        case 431: "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        case 500: "HTTP/1.1 500 Internal Server Error\r\n"
        case 501: "HTTP/1.1 501 Not Implemented\r\n"
        case 502: "HTTP/1.1 502 Bad Gateway\r\n"
        case 503: "HTTP/1.1 503 Service Unavailable\r\n"
        case 504: "HTTP/1.1 504 Gateway Timeout\r\n"
        case 505: "HTTP/1.1 505 HTTP Version Not Supported\r\n"
        case 529: "HTTP/1.1 529 Overloaded\r\n"
        default: ""
        }
    }
}
