// SecretSpellings: in which forms a credential may come back.
//
// For: answers and errors, where none of them is handed on.
// Refuses: nothing. What a vendor does to a secret beyond this, such as a hash of it, tells nobody the secret.
// Called by: whoever sends a credential and repeats what comes back.

extension PresentedCredential {
    /// The credential itself, as it stands in the request, that without its scheme (`Basic YTpi` as `YTpi`), and each of them
    /// as URLs and JSON have it.
    public func spellings(of credential: Credential) -> [SecretText] {
        var plain = [credential.secret.bytes, value.bytes]
        if let blank = value.bytes.firstIndex(of: UInt8(ascii: " ")) {
            plain.append(Array(value.bytes[(blank + 1)...]))
        }
        return Self.spelt(plain)
    }

    /// Each also percent-encoded, and with slashes as PHP writes them into JSON.
    fileprivate static func spelt(_ plain: [[UInt8]]) -> [SecretText] {
        let escaped = plain.map { bytes in
            var out: [UInt8] = []
            FormText.escapeComponent(bytes, to: &out)
            return out
        }
        let slashed = plain.map { $0.flatMap { $0 == UInt8(ascii: "/") ? Array("\\/".utf8) : [$0] } }
        var seen: Set<[UInt8]> = [[]]
        // The longest first: a part that is hidden would hide what it is a part of.
        return (plain + escaped + slashed).filter { seen.insert($0).inserted }.sorted { $0.count > $1.count }
            .map(SecretText.init)
    }

    /// As it stands in the request.
    private var value: SecretText {
        switch self {
        case .header(_, let value), .query(_, let value), .path(let value): value
        }
    }
}

extension ClientRegistration {
    /// The application's secret, and what stands behind `Basic` in a token request.
    public var spellings: [SecretText] {
        guard let secret else { return [] }
        return PresentedCredential.spelt([secret.bytes, Self.pair(id, secret)])
    }

    /// RFC 6749 §2.3.1: both are form-encoded before they are joined.
    static func pair(_ id: String, _ secret: SecretText) -> [UInt8] {
        var pair: [UInt8] = []
        FormText.append("", id.utf8, to: &pair)
        pair.removeFirst()
        var password: [UInt8] = []
        FormText.append("", secret.bytes, to: &password)
        return Base64Text.padded(pair + [UInt8(ascii: ":")] + password.dropFirst())
    }
}

extension Credential {
    /// What of it is secret.
    fileprivate var secret: SecretText {
        switch self {
        case .secret(let secret): secret
        case .userPassword(_, let password): password
        }
    }
}
