// Provider: an upstream as the request path uses it: everything about it that can be put together beforehand, in bytes.
//
// For: building an upstream request without looking anything up.
// Refuses: nothing; the configuration was validated before.
// Called by: ServedCatalog (makes them), Attempt, UpstreamRequest.

import DaemonKit
import HTTP
import NIOCore
import Routing

/// What happens upstream when a client goes away in the middle of an answer.
enum ClientGonePolicy: Sendable {
    /// Stop the upstream at once; bill what is known so far, the prompt included.
    case cancel
    /// Read on to the vendor's own count, within bounds.
    case drain
}

/// A credential and the field it travels in.
struct Credential: Sendable {
    let field: StaticString
    /// The field's whole value, such as `Bearer …`.
    let value: Secret
}

struct Provider: Sendable {
    let name: String
    let dialect: UpstreamDialect
    let origin: UpstreamOrigin
    /// Paths under the provider's base URL, without query: the dialect's one route for answers, and those beside it.
    let target: ByteBuffer
    let embeddingsTarget: ByteBuffer
    let tokenCountTarget: ByteBuffer
    /// The `host` field.
    let hostField: String
    /// The credential as it is sent: the field and its whole value, scheme included.
    let credential: Credential?
    /// Fields the operator adds to every request; they replace the client's of the same name.
    let extraFields: [(name: [UInt8], value: [UInt8])]
    /// The operator's own `anthropic-beta` tokens, which join those of the client. They are not among `extraFields`.
    let betas: [String]
    /// For answers that stream, and for those that begin when they are finished.
    let streamTimeouts: UpstreamTimeouts
    let wholeTimeouts: UpstreamTimeouts
    /// Connections per event loop.
    let connectionsMost: Int
    let onClientGone: ClientGonePolicy
    /// Whether `stream_options.include_usage` may be added to a request (case X-25).
    let asksForUsage: Bool

    /// Writes the credential and the operator's fields.
    func appendFields(to headers: inout HeaderBlock) {
        if let credential { credential.value.withBytes { value in _ = headers.append(credential.field, value) } }
        for field in extraFields {
            field.name.withUnsafeBytes { name in
                field.value.withUnsafeBytes { value in _ = headers.append(name: name, value: value) }
            }
        }
    }

    /// The same for a name of our own, in lower case.
    func sets(_ name: StaticString) -> Bool {
        sets(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// Whether the operator sets the field `name` itself, so that the client's is left out.
    func sets(_ name: UnsafeRawBufferPointer) -> Bool {
        extraFields.contains { field in
            field.name.count == name.count && zip(field.name, name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
    }
}
