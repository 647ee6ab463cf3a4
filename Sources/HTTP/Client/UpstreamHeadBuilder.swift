// UpstreamHeadBuilder: the request line and fields of a request to an upstream.
//
// For: writing a request's head once, in wire form.
// Refuses: targets with blanks or control bytes, hosts that are not hosts (traps: both come from checked configuration or
// from a parsed request); fields are checked by HeaderBlock.
// Called by: gatewayd before UpstreamPool.send.

public import NIOCore

/// Writes a request's head.
public struct UpstreamHeadBuilder {
    /// The fields; append your own.
    public var headers: HeaderBlock

    /// "POST target HTTP/1.1" and Host. `target` is origin-form, `host` as for the Host field (with the port if unusual).
    public init(method: StaticString, target: UnsafeRawBufferPointer, host: String, capacity: Int = 1024) {
        precondition(
            !target.isEmpty && target.allSatisfy(ByteClass.isTarget), "a target has no blanks and no control bytes")
        var buffer = ByteBufferAllocator().buffer(capacity: capacity)
        buffer.writeStaticString(method)
        buffer.writeStaticString(" ")
        buffer.writeBytes(target)
        buffer.writeStaticString(" HTTP/1.1\r\n")
        headers = HeaderBlock(writingTo: buffer)
        let isHostWritten = headers.append("host", host)
        precondition(isHostWritten, "a host has no control bytes")
    }

    /// As above with a target known as text.
    public init(method: StaticString, target: String, host: String, capacity: Int = 1024) {
        var target = target
        self = target.withUTF8 {
            UpstreamHeadBuilder(method: method, target: UnsafeRawBufferPointer($0), host: host, capacity: capacity)
        }
    }

    /// The finished head; `contentLength` is `nil` for requests without a body.
    public consuming func finish(contentLength: Int?) -> ByteBuffer {
        var buffer = headers.bytes
        if let contentLength {
            buffer.writeStaticString("content-length: ")
            ResponseWriter.writeDecimal(contentLength, to: &buffer)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }
}
