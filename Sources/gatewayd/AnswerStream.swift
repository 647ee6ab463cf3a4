// AnswerStream: an attempt's event stream, passed through or translated, behind one face.
//
// For: the relay, which does not care whether client and upstream speak the same dialect.
// Refuses: nothing itself; PassthroughStream and TranslatedStream do.
// Called by: Attempt and its relay.

import Translation

/// One of two state machines. A struct of two optionals and not an enum: a payload of an enum cannot be changed in place, and
/// taking it out would copy its buffers with every read.
struct AnswerStream {
    private var passed: PassthroughStream?
    private var translated: TranslatedStream?

    init(_ options: PassthroughStream.Options) { passed = PassthroughStream(options) }
    init(_ options: TranslatedStream.Options) { translated = TranslatedStream(options) }

    /// How far it has come.
    var phase: StreamPhase { passed?.phase ?? translated?.phase ?? .finished }
    /// How it ended; `nil` before `finished`.
    var ending: StreamEnding? { passed?.ending ?? translated?.ending }
    /// Usage and content so far.
    var usage: UsageReading? { passed?.usage ?? translated?.usage }
    /// What keeps a quiet client connection alive between two events.
    var keepAlive: [UInt8] { passed?.keepAlive ?? translated?.keepAlive ?? [] }

    /// Takes bytes of the upstream and appends what may go to the client.
    mutating func receive(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) -> StreamPhase {
        passed?.receive(bytes, into: &out) ?? translated?.receive(bytes, into: &out) ?? .finished
    }

    /// The upstream's body has ended.
    mutating func receiveEnd(into out: inout [UInt8]) {
        passed?.receiveEnd(into: &out)
        translated?.receiveEnd(into: &out)
    }

    /// The stream is broken off.
    mutating func interrupt(_ error: ErrorBody, into out: inout [UInt8]) {
        passed?.interrupt(error, into: &out)
        translated?.interrupt(error, into: &out)
    }

    /// The answer is opened before its first content.
    mutating func commit(into out: inout [UInt8]) {
        passed?.commit(into: &out)
        translated?.commit(into: &out)
    }
}
