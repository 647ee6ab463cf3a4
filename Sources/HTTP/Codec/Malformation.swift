// Malformation: the closed list of ways in which bytes fail to be HTTP/1.1.
//
// For: log lines and metrics that say exactly what a peer did wrong; the answer to a client is the same 400 for all.
// Refuses: nothing. A case here is always fatal to the connection: after it nobody knows where a message ends.
// Called by: the codec, which returns these; RequestProblem and UpstreamFailure carry them.

/// What was wrong with the bytes of a request or a response.
///
/// Every case ends the connection it came from. The names are stable: they appear in logs and metrics.
public enum Malformation: String, Error, CaseIterable, Sendable {
    // Start line
    case badRequestLine, badMethod, badTarget, badVersion, badStatusLine
    // Lines and fields (RFC 9112 §2.2, §5)
    case bareLineFeed, bareCarriageReturn, controlCharacter
    case foldedLine, emptyFieldName, badFieldName, spaceBeforeColon, missingColon
    // Host (RFC 9112 §3.2)
    case missingHost, repeatedHost, badHost, hostDisagreesWithTarget
    // Framing (RFC 9112 §6)
    case badContentLength, repeatedContentLength, lengthAndTransferEncoding
    case repeatedTransferEncoding, chunkedNotLast, transferEncodingOnHTTP10
    // Chunks (RFC 9112 §7)
    case badChunkSize, chunkTooLarge, badChunkExtension, chunkExtensionsTooLong, badChunkEnd
    case badTrailer, forbiddenTrailer, trailersTooLong
    // Responses only
    case headTooLarge, tooManyFields, unsupportedTransferCoding, unexpectedUpgrade, tooManyInterimResponses
    case bytesWithoutRequest
}
