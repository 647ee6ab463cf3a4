// TransportPayloads: what failure, windowUpdate and goodbye frames carry.
//
// For: the frames that belong to the transport and not to a message.
// Refuses: nothing beyond WireReader; a failure code that is not known reads as `internalFault`.
// Called by: the connections.

/// The payload of a failure frame.
struct FailurePayload: WireValue, Hashable {
    var code: FailureCode
    var text: String

    init(_ code: FailureCode, _ text: String = "") {
        self.code = code
        self.text = Self.cut(text)
    }

    func encode(to writer: inout WireWriter) {
        writer.u16(code.rawValue)
        writer.text(text, atMost: IPCLimits.failureTextBytes)
    }

    init(from reader: inout WireReader) throws(WireFault) {
        code = FailureCode(rawValue: try reader.u16()) ?? .internalFault
        text = try reader.text(atMost: IPCLimits.failureTextBytes)
    }

    /// An explanation may be cut where a field of a message may not: nobody decides by it.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > IPCLimits.failureTextBytes else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: IPCLimits.failureTextBytes)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }
}

/// The payload of a windowUpdate frame.
struct WindowPayload: WireValue, Hashable {
    var items: UInt32

    init(items: UInt32) { self.items = items }
    func encode(to writer: inout WireWriter) { writer.u32(items) }
    init(from reader: inout WireReader) throws(WireFault) { items = try reader.u32() }
}

/// Why a peer says goodbye.
public enum GoodbyeReason: UInt8, Sendable {
    /// The process is about to stop, or asks no more.
    case stopping = 1
}

/// The payload of a goodbye frame. A reason that is not known yet means the same to the reader.
struct GoodbyePayload: WireValue, Hashable {
    var reason: GoodbyeReason

    init(_ reason: GoodbyeReason) { self.reason = reason }
    func encode(to writer: inout WireWriter) { writer.u8(reason.rawValue) }
    init(from reader: inout WireReader) throws(WireFault) {
        reason = GoodbyeReason(rawValue: try reader.u8()) ?? .stopping
    }
}
