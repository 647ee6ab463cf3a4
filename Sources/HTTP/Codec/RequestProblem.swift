// RequestProblem: why a request cannot be handled as sent, and the status that says so.
//
// For: the codec's refusals and the failures of reading a body, in one closed list.
// Refuses: nothing; `status` is derived here once and nowhere else.
// Called by: RequestHeadParser, RequestBody, ServerConnection; RequestHandler reads it.

/// Why a request was refused by the HTTP edge itself.
///
/// Each case has one status. All but ``clientGone`` end in an answer with `connection: close`, because what follows on
/// the connection can no longer be trusted, or is not worth reading.
public enum RequestProblem: Error, Hashable, Sendable {
    /// 400: not HTTP/1.1, or framing that two parsers could read differently.
    case malformed(Malformation)
    /// 408: the head was begun and not finished in time.
    case headTimeout
    /// 408: the body stopped arriving.
    case bodyTimeout
    /// 411: an HTTP/1.0 request with a method that has a body, and no Content-Length.
    case lengthRequired
    /// 413: the body, counted after decompression, is over the limit the handler gave.
    case bodyTooLarge
    /// 414: the target is longer than `HeadLimits.targetBytesMax`.
    case targetTooLong
    /// 415: a Content-Encoding other than gzip, deflate and identity.
    case unsupportedContentCoding
    /// 400: the body is not what its Content-Encoding says.
    case undecodableContent
    /// 417: an Expect other than 100-continue.
    case expectationFailed
    /// 431: the head is longer than `HeadLimits.headBytesMax`.
    case headTooLarge
    /// 431: more fields than `HeadLimits.fieldsMax`.
    case tooManyFields
    /// 501: a transfer coding before `chunked`.
    case unsupportedTransferCoding
    /// 501: CONNECT.
    case unsupportedMethod
    /// 505: neither HTTP/1.0 nor HTTP/1.1.
    case unsupportedVersion
    /// The client closed or reset the connection; there is nobody to answer. 499 in logs, after nginx's habit.
    case clientGone

    /// The status code that answers this problem.
    public var status: Int {
        switch self {
        case .malformed, .undecodableContent: 400
        case .headTimeout, .bodyTimeout: 408
        case .lengthRequired: 411
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .unsupportedContentCoding: 415
        case .expectationFailed: 417
        case .headTooLarge, .tooManyFields: 431
        case .clientGone: 499
        case .unsupportedTransferCoding, .unsupportedMethod: 501
        case .unsupportedVersion: 505
        }
    }
}
