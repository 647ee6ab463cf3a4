// Oracle: NIOHTTP1's decoders, told to us in the same values as our own feeders.
//
// For: DifferentialFuzzTests.
// Refuses: nothing.

import NIOCore
import NIOEmbedded
import NIOHTTP1

/// What the oracle made of an input: complete messages first, perhaps an incomplete one last.
struct OracleMessages {
    var messages: [SeenMessage] = []
    var hasFailed = false
}

/// NIOHTTP1 leaves blanks at the end of a value; RFC 9110 §5.5 does not count them to it.
private func trimmed(_ field: (name: String, value: String)) -> String {
    let value = field.value.utf8.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
    return "\(field.name): \(String(decoding: value, as: UTF8.self))"
}

enum OracleRequests {
    static func read(_ input: [UInt8]) -> OracleMessages {
        let channel = EmbeddedChannel()
        var result = OracleMessages()
        do {
            try channel.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
            try channel.writeInbound(ByteBuffer(bytes: input))
        } catch { result.hasFailed = true }
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) { add(part, to: &result) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return result
    }

    private static func add(_ part: HTTPServerRequestPart, to result: inout OracleMessages) {
        switch part {
        case .head(let head):
            let version = head.version == .http1_0 ? "http10" : head.version == .http1_1 ? "http11" : "\(head.version)"
            let fields = head.headers.map(trimmed)
            result.messages.append(
                SeenMessage(start: "\(head.method.rawValue) \(head.uri) \(version)", fields: fields, body: []))
        case .body(let body): result.messages[result.messages.count - 1].body += Array(buffer: body)
        case .end: result.messages[result.messages.count - 1].isComplete = true
        }
    }
}

enum OracleResponses {
    /// The decoder needs to know the requests it reads answers to: `requests` GETs.
    static func read(_ input: [UInt8], requests: Int) -> OracleMessages {
        let channel = EmbeddedChannel()
        var result = OracleMessages()
        do {
            let decoder = HTTPResponseDecoder(
                leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
            for _ in 0..<requests {
                try channel.writeOutbound(
                    HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")))
            }
            try channel.writeInbound(ByteBuffer(bytes: input))
        } catch { result.hasFailed = true }
        // The end of the connection ends close-delimited bodies.
        channel.pipeline.fireChannelInactive()
        if (try? channel.throwIfErrorCaught()) == nil { result.hasFailed = true }
        while let part = try? channel.readInbound(as: HTTPClientResponsePart.self) { add(part, to: &result) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return result
    }

    private static func add(_ part: HTTPClientResponsePart, to result: inout OracleMessages) {
        switch part {
        case .head(let head):
            let version = head.version == .http1_0 ? "http10" : head.version == .http1_1 ? "http11" : "\(head.version)"
            let fields = head.headers.map(trimmed)
            var message = SeenMessage(start: "\(version) \(head.status.code)", fields: fields, body: [])
            // Interim heads come without an end.
            message.isComplete = (100..<200).contains(head.status.code)
            result.messages.append(message)
        case .body(let body): result.messages[result.messages.count - 1].body += Array(buffer: body)
        case .end: result.messages[result.messages.count - 1].isComplete = true
        }
    }
}
