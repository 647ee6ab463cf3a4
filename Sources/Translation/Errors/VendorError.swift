// VendorError: an upstream's error body, understood as far as the gateway acts on it.
//
// For: the status of an error that arrives inside a 200 (T-04), failover decisions, the error ledger.
// Refuses: bodies without an error object (`nil`); the caller has the status then.
// Called by: PassthroughStream, CompletionMeter, gatewayd.

import JSON

/// What a vendor said went wrong.
public struct VendorError: Error, Hashable, Sendable {
    /// Our class for it.
    public let kind: ErrorKind
    /// The HTTP status it came with or, inside a 200, the one it stands for.
    public let status: Int
    /// `error.type`, empty when absent.
    public let type: String
    /// `error.code` as text, whether written as a string or a number; empty when absent.
    public let code: String
    /// `error.message`, empty when absent.
    public let message: String
    /// `error.param`, empty when absent.
    public let param: String

    /// The error of an answer that says nothing but its status, or an event that is plain text.
    public init(status: Int, message: String = "") {
        self.init(kind: ErrorKind(status: status), status: status, message: message)
    }

    private init(
        kind: ErrorKind, status: Int, type: String = "", code: String = "", message: String, param: String = ""
    ) {
        self.kind = kind
        self.status = status
        self.type = type
        self.code = code
        self.message = message
        self.param = param
    }
}

extension VendorError {
    /// The error object in `body`, which came with `status` (200 for one inside a stream or a successful answer).
    ///
    /// Understands `{"error":{…}}`, `{"error":"text"}`, `{"type":"error",…}`, `{"object":"error","message":…}` and
    /// `{"detail":…}`, a text or FastAPI's list; `nil` for anything else.
    public static func read(_ body: UnsafeRawBufferPointer, status: Int, dialect: Dialect) -> VendorError? {
        var fields = ErrorFields()
        guard (try? fields.read(body)) != nil, fields.isError(status: status) else { return nil }
        let kind = status >= 400 ? ErrorKind(status: status) : fields.kind(dialect)
        return VendorError(
            kind: kind, status: status >= 400 ? status : fields.numericStatus ?? kind.status, type: fields.type,
            code: fields.code, message: fields.message, param: fields.param)
    }
}

/// The members of an error object, wherever they stand.
private struct ErrorFields {
    var type = ""
    var code = ""
    var message = ""
    var param = ""
    private var hasErrorMember = false
    private var isNamedError = false

    init() {}

    /// Without an error member, only an error status makes an object with a message an error.
    func isError(status: Int) -> Bool { hasErrorMember || isNamedError || (status >= 400 && !message.isEmpty) }

    mutating func read(_ body: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(body)
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "error" {
                try readError(&scanner)
            } else if key == "type" || key == "object" {
                isNamedError = try Self.text(&scanner) == "error" || isNamedError
            } else if !hasErrorMember {
                try readMember(key, &scanner)
            } else {
                try scanner.skip()
            }
        }
        try scanner.finish()
    }

    private mutating func readError(_ scanner: inout JSONScanner) throws(JSONFault) {
        switch try scanner.peek() {
        case .null:
            try scanner.skip()
            return
        case .object:
            hasErrorMember = true
            try scanner.enterObject()
            while let key = try scanner.nextMember() { try readMember(key, &scanner) }
        default:
            hasErrorMember = true
            message = try Self.text(&scanner)
        }
    }

    private mutating func readMember(_ key: JSONText, _ scanner: inout JSONScanner) throws(JSONFault) {
        if key == "detail", try scanner.peek() == .array {
            try readDetails(&scanner)
        } else if key == "message" || key == "detail" {
            message = try Self.text(&scanner)
        } else if key == "type" {
            type = try Self.text(&scanner)
        } else if key == "code" {
            code = try Self.text(&scanner)
        } else if key == "param" {
            param = try Self.text(&scanner)
        } else {
            try scanner.skip()
        }
    }

    /// FastAPI's list of what is wrong with a body, one `{"loc":["body","stream_options"],"msg":…}` a fault; the first is told.
    private mutating func readDetails(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard message.isEmpty, try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            var place: [String] = []
            var fault = ""
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                if key == "loc", try scanner.peek() == .array {
                    try scanner.enterArray()
                    while try scanner.nextElement() { place.append(try Self.text(&scanner)) }
                } else if key == "msg" {
                    fault = try Self.text(&scanner)
                } else {
                    try scanner.skip()
                }
            }
            message = place.isEmpty ? fault : "\(place.joined(separator: ".")): \(fault)"
        }
    }

    /// A string decoded, a number as written, anything else empty.
    private static func text(_ scanner: inout JSONScanner) throws(JSONFault) -> String {
        switch try scanner.peek() {
        case .string: return try scanner.text().repairedString
        case .number: return String(decoding: try scanner.number().spelling, as: UTF8.self)
        default:
            try scanner.skip()
            return ""
        }
    }

    /// A code that is an HTTP error status.
    var numericStatus: Int? { Int(code).flatMap { (400..<600).contains($0) ? $0 : nil } }

    func kind(_ dialect: Dialect) -> ErrorKind {
        if let numericStatus { return ErrorKind(status: numericStatus) }
        let kind = Self.kind(named: code) ?? Self.kind(named: type) ?? .internal
        return kind == .overloaded && dialect == .openai ? .unavailable : kind
    }

    /// Types and codes both vendors document, and those of vLLM.
    private static func kind(named name: String) -> ErrorKind? {
        switch name {
        case "invalid_request_error", "context_length_exceeded", "content_filter", "content_policy_violation",
            "BadRequestError":
            .invalidRequest
        case "authentication_error", "invalid_api_key": .authentication
        case "billing_error": .billing
        case "permission_error": .permission
        case "not_found_error", "model_not_found", "NotFoundError": .notFound
        case "request_too_large": .requestTooLarge
        case "rate_limit_error", "rate_limit_exceeded", "insufficient_quota", "requests", "tokens": .rateLimit
        case "overloaded_error", "overloaded", "engine_overloaded": .overloaded
        case "timeout_error": .upstreamTimeout
        case "api_error", "server_error": .internal
        default: nil
        }
    }
}
