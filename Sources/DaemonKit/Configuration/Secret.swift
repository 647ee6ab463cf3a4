// Secret: bytes that do not print.
//
// For: vendor keys between the file they are read from and the header they are sent in.
// Refuses: to appear in descriptions, dumps, logs and test failures.
// Called by: CredentialStore makes them; gatewayd sends them.

import Glibc

/// A secret that does not print. Its bytes are overwritten when the last copy goes away.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let storage: SecretStorage

    public init(_ bytes: some Collection<UInt8>) { storage = SecretStorage(bytes) }

    /// Calls `body` with the secret's bytes, which must not be kept.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(storage.bytes))
    }

    /// Never the secret.
    public var description: String { "(secret)" }
    /// Never the secret.
    public var debugDescription: String { "(secret)" }
    /// Never the secret: `dump` and test failure messages look here.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Immutable after `init`, so sharing it is safe.
private final class SecretStorage: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ source: some Collection<UInt8>) {
        bytes = .allocate(byteCount: source.count, alignment: 1)
        bytes.copyBytes(from: source)
    }

    deinit {
        if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
        bytes.deallocate()
    }
}
