// ToolArguments: the arguments of an earlier call, which OpenAI keeps as a string and Anthropic as an object.
//
// For. What a model once wrote may be cut short; the conversation must stay sendable.
// Refuses: to repair: what is no object is handed on as text inside one.
// Called by: RequestForAnthropic+Messages.

import JSON

enum ToolArguments {
    case none
    /// An object, as JSON text.
    case object([UInt8])
    /// Anything else: the spelling of a JSON string.
    case other(UnsafeRawBufferPointer)

    init(_ value: BodyValue?) {
        guard let text = value?.text else {
            self = value.map { $0.kind == .object ? .object(Array($0.bytes)) : .none } ?? .none
            return
        }
        guard !text.isBlank else {
            self = .none
            return
        }
        var decoded: [UInt8] = []
        text.decode(into: &decoded)
        let object = decoded.withUnsafeBytes { Self.object($0) }
        self = object.map { .object(Array(decoded[$0])) } ?? .other(text.spelling)
    }

    /// Where the one object of `bytes` stands.
    private static func object(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var scanner = JSONScanner(bytes)
        guard (try? scanner.peek()) == .object, let range = try? scanner.skip(), (try? scanner.finish()) != nil else {
            return nil
        }
        return range
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .none: writer.object { _ in }
        case .object(let bytes): bytes.withUnsafeBytes { writer.raw($0) }
        case .other(let spelling):
            writer.object {
                $0.key("arguments")
                $0.spelled([spelling])
            }
        }
    }
}
