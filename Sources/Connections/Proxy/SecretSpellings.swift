// SecretSpellings: in which forms a credential may come back.
//
// For: answers and errors, where none of them is handed on.
// Refuses: nothing. What a vendor does to a secret beyond this, such as a hash of it, tells nobody the secret.
// Called by: whoever sends a credential and repeats what comes back.

extension PresentedCredential {
    /// The credential itself, as it stands in the request, that without its scheme (`Basic YTpi` as `YTpi`), and each of them
    /// as URLs and forms have it.
    public func spellings(of credential: Credential) -> [SecretText] {
        var plain = [credential.secret.bytes, value.bytes]
        if let blank = value.bytes.firstIndex(of: UInt8(ascii: " ")) {
            plain.append(Array(value.bytes[(blank + 1)...]))
        }
        return SecretText.spelt(plain.map { SecretText($0) })
    }

    /// As it stands in the request.
    private var value: SecretText {
        switch self {
        case .header(_, let value), .query(_, let value), .path(let value): value
        }
    }
}

extension SecretText {
    /// Each also as a query and as a form has it. The longest first: a part that is hidden would hide what it is a part of.
    public static func spelt(_ plain: [SecretText]) -> [SecretText] {
        let escaped = plain.map { secret in
            var out: [UInt8] = []
            FormText.escapeComponent(secret.bytes, to: &out)
            return out
        }
        var seen: Set<[UInt8]> = [[]]
        return (plain.map(\.bytes) + escaped + plain.map { FormText.value($0.bytes) })
            .filter { seen.insert($0).inserted }.sorted { $0.count > $1.count }.map { SecretText($0) }
    }
}

extension ClientRegistration {
    /// The application's secret, and what stands behind `Basic` in a token request.
    public var spellings: [SecretText] {
        guard let secret else { return [] }
        return SecretText.spelt([secret, SecretText(Self.pair(id, secret))])
    }

    /// RFC 6749 §2.3.1: both are form-encoded before they are joined.
    static func pair(_ id: String, _ secret: SecretText) -> [UInt8] {
        Base64Text.padded(FormText.value(id.utf8) + [UInt8(ascii: ":")] + FormText.value(secret.bytes))
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
