// KeyRing: sealing under one key, opening under several.
//
// For: secrets at rest. A key is replaced by putting a new one first and keeping the old one until RotationPlan has found
// nothing under it any more.
// Refuses: envelopes as EnvelopeRefusal lists them, secrets as SealRefusal does, rings as RingRefusal does.
// Called by: tokend (store, rotation).

import Hashing

/// Why a ring is not made of some keys.
public enum RingRefusal: Error, Hashable, Sendable {
    /// More than `KeyRing.mostKeys`.
    case tooManyKeys(Int)
    /// Two keys have this name: the same material twice, or, once in four billion, a coincidence.
    case sameKeyTwice(SealingKeyID)
}

/// Why a secret is not sealed.
public enum SealRefusal: Error, Hashable, Sendable {
    /// It has no bytes.
    case empty
    /// It has more than `KeyRing.longestSecret` bytes; how many.
    case tooLong(Int)
}

/// The keys of an installation: one that seals, and older ones that only open. Any thread may use it.
public struct KeyRing: Sendable, Redacted {
    private let active: SealingKey
    private let older: [SealingKey]

    /// Enough for a rotation every month of a year.
    public static let mostKeys = 12
    /// The longest secret in bytes.
    public static let longestSecret = EnvelopeText.longestSecret

    /// A ring that seals under `active` and opens what any of the keys has sealed.
    public init(active: SealingKey, older: [SealingKey] = []) throws(RingRefusal) {
        guard older.count < Self.mostKeys else { throw .tooManyKeys(older.count + 1) }
        var seen: Set<SealingKeyID> = []
        for key in [active] + older where !seen.insert(key.id).inserted { throw .sameKeyTwice(key.id) }
        (self.active, self.older) = (active, older)
    }

    /// The name of the key that seals.
    public var activeKey: SealingKeyID { active.id }

    /// The names of the keys that only open.
    public var olderKeys: [SealingKeyID] { older.map(\.id) }

    /// What the kernel promised for every key's memory.
    public var protection: MemoryProtection {
        older.reduce(active.protection) { $0.intersection($1.protection) }
    }

    // MARK: Sealing

    /// Seals a secret for a place, under the active key and a fresh random nonce. Sealing the same twice gives two texts.
    public func seal(_ secret: RawSpan, at place: SealedPlace) throws(SealRefusal) -> String {
        try seal(secret, at: place, nonce: SecureRandom.bytes(AuthenticatedCipher.nonceBytes))
    }

    /// Seals a secret that an arena holds.
    public func seal(
        _ slot: SecretSlot, of arena: SecretArena, at place: SealedPlace
    ) throws(SealRefusal) -> String {
        try arena.withBytes(of: slot) { secret throws(SealRefusal) in try seal(secret, at: place) }
    }

    /// With a nonce of the caller's, which must never repeat: for golden vectors.
    func seal(_ secret: RawSpan, at place: SealedPlace, nonce: [UInt8]) throws(SealRefusal) -> String {
        guard secret.byteCount > 0 else { throw .empty }
        guard secret.byteCount <= Self.longestSecret else { throw .tooLong(secret.byteCount) }
        let count = secret.byteCount + EnvelopeText.overhead
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { content in
            content.copyBytes(from: nonce)
            let sealed = UnsafeMutableRawBufferPointer(rebasing: content[AuthenticatedCipher.nonceBytes...])
            active.withKey(of: place) { key in
                nonce.withUnsafeBytes { nonce in
                    place.encoded.withUnsafeBytes { bound in
                        secret.withUnsafeBytes {
                            AuthenticatedCipher.seal($0, key: key, nonce: nonce, bound: bound, to: sealed)
                        }
                    }
                }
            }
            return EnvelopeText.write(UnsafeRawBufferPointer(content), under: active.id)
        }
    }

    // MARK: Opening

    /// Opens an envelope into an arena. The caller releases the slot.
    public func open(
        _ envelope: String, at place: SealedPlace, into arena: SecretArena
    ) throws(EnvelopeRefusal) -> SecretSlot {
        let (key, content) = try read(envelope)
        return try arena.store(count: content.count - EnvelopeText.overhead) { room throws(EnvelopeRefusal) in
            guard Self.open(content, under: key, at: place, to: room) else { throw .damaged }
        }
    }

    /// Calls `body` with an opened secret, which lies in `scratch` meanwhile and is wiped afterwards. Under the arena's lock:
    /// as `SecretArena.withBytes`.
    public func withOpened<Value>(
        _ envelope: String, at place: SealedPlace, scratch: SecretArena, _ body: (RawSpan) -> Value
    ) throws(EnvelopeRefusal) -> Value {
        let slot = try open(envelope, at: place, into: scratch)
        defer { scratch.release(slot) }
        return scratch.withBytes(of: slot, body)
    }

    // MARK: Rotation

    /// The key an envelope names, whether or not it is in the ring. Nothing is opened.
    public func key(of envelope: String) throws(EnvelopeRefusal) -> SealingKeyID {
        try Self.withBytes(of: envelope) { text throws(EnvelopeRefusal) in try EnvelopeText.key(of: text) }
    }

    /// Whether an envelope is sealed under another key than the active one. Nothing is opened.
    public func needsResealing(_ envelope: String) throws(EnvelopeRefusal) -> Bool {
        try key(of: envelope) != active.id
    }

    /// The same secret for the same place under the active key, also when it was under it already. The secret lies in
    /// `scratch` meanwhile.
    public func reseal(
        _ envelope: String, at place: SealedPlace, scratch: SecretArena
    ) throws(EnvelopeRefusal) -> String {
        let slot = try open(envelope, at: place, into: scratch)
        defer { scratch.release(slot) }
        do {
            return try seal(slot, of: scratch, at: place)
        } catch {
            preconditionFailure("a secret that was sealed can be sealed again: \(error)")
        }
    }

    // MARK: Inside

    private func read(_ envelope: String) throws(EnvelopeRefusal) -> (SealingKey, [UInt8]) {
        let text = try Self.withBytes(of: envelope) { text throws(EnvelopeRefusal) in try EnvelopeText(text) }
        if text.key == active.id { return (active, text.content) }
        guard let key = older.first(where: { $0.id == text.key }) else { throw .unknownKey(text.key) }
        return (key, text.content)
    }

    private static func open(
        _ content: [UInt8], under key: SealingKey, at place: SealedPlace, to room: UnsafeMutableRawBufferPointer
    ) -> Bool {
        content.withUnsafeBytes { content in
            let nonce = UnsafeRawBufferPointer(rebasing: content[..<AuthenticatedCipher.nonceBytes])
            let sealed = UnsafeRawBufferPointer(rebasing: content[AuthenticatedCipher.nonceBytes...])
            return place.encoded.withUnsafeBytes { bound in
                key.withKey(of: place) {
                    AuthenticatedCipher.open(sealed, key: $0, nonce: nonce, bound: bound, to: room)
                }
            }
        }
    }

    private static func withBytes<Value>(
        of envelope: String, _ body: (UnsafeRawBufferPointer) throws(EnvelopeRefusal) -> Value
    ) throws(EnvelopeRefusal) -> Value {
        var envelope = envelope
        do {
            return try envelope.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
        } catch let refusal as EnvelopeRefusal {
            throw refusal
        } catch {
            preconditionFailure("reading text throws nothing else: \(error)")
        }
    }
}
