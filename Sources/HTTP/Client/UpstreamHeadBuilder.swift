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
        headers = HeaderBlock(capacity: capacity)
        let line = method.utf8CodeUnitCount + target.count + 16
        headers.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: line) { room in
            var offset = 0
            room.put(method, &offset)
            room.put(" ", &offset)
            room.put(target, &offset)
            room.put(" HTTP/1.1\r\n", &offset)
            return offset
        }
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
        let length = contentLength ?? 0
        headers.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: 24 + DecimalText.bytesMax) { room in
            var offset = 0
            if contentLength != nil {
                room.put("content-length: ", &offset)
                room.putDecimal(length, &offset)
                room.put("\r\n", &offset)
            }
            room.put("\r\n", &offset)
            return offset
        }
        return headers.bytes
    }
}
