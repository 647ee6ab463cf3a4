// Hex: published vectors as they are published.

@testable import Vault

/// The bytes of hexadecimal text; spaces are for the eye.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { $0 != " " }.map { UInt8($0.hexDigitValue!) }
    precondition(digits.count.isMultiple(of: 2), "a byte has two digits")
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hexText(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// What tests seal and open with.
enum Sample {
    static let material = Array<UInt8>(0..<32)
    static let otherMaterial = Array("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".utf8)
    static let thirdMaterial = Array<UInt8>(100..<200)

    static func key(_ material: [UInt8] = material) throws -> SealingKey {
        try material.withUnsafeBytes { try SealingKey(material: $0.bytes) }
    }

    static func ring(_ active: [UInt8] = material, older: [[UInt8]] = []) throws -> KeyRing {
        try KeyRing(active: key(active), older: older.map { try key($0) })
    }

    static func place(
        _ owner: String = "acme", _ provider: String = "github", _ row: String = "1", _ field: String = "access_token"
    ) -> SealedPlace {
        SealedPlace(owner: owner, provider: provider, row: row, field: field)!
    }
}

extension KeyRing {
    func seal(_ secret: [UInt8], at place: SealedPlace) throws -> String {
        try secret.withUnsafeBytes { try seal($0.bytes, at: place) }
    }

    func seal(_ secret: String, at place: SealedPlace) throws -> String { try seal(Array(secret.utf8), at: place) }

    /// A copy of the secret, which only a test may take.
    func opened(_ envelope: String, at place: SealedPlace) throws -> [UInt8] {
        try withOpened(envelope, at: place, scratch: SecretArena()) { $0.withUnsafeBytes { Array($0) } }
    }

    func openedText(_ envelope: String, at place: SealedPlace) throws -> String {
        String(decoding: try opened(envelope, at: place), as: UTF8.self)
    }

    /// Why an envelope does not open; `nil` when it does.
    func refusal(of envelope: String, at place: SealedPlace) -> EnvelopeRefusal? {
        do {
            _ = try opened(envelope, at: place)
            return nil
        } catch {
            return error as? EnvelopeRefusal
        }
    }
}

extension SecretArena {
    func store(_ bytes: [UInt8]) -> SecretSlot { bytes.withUnsafeBytes { store($0.bytes) } }

    func bytes(of slot: SecretSlot) -> [UInt8] { withBytes(of: slot) { $0.withUnsafeBytes { Array($0) } } }
}
