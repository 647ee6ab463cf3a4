// SecretSpellings: in which forms a credential may come back.
//
// For: answers and errors, where none of them is handed on.
// Refuses: nothing. What a vendor does to a secret beyond this, such as a hash of it, tells nobody the secret.
// Called by: whoever sends a credential and repeats what comes back.

extension PresentedCredential {
    /// The credential itself, as it stands in the request, that without its scheme (`Basic YTpi` as `YTpi`), and each of them
    /// percent-encoded, as a URL in an answer would have it.
    public func spellings(of credential: Credential) -> [SecretText] {
        var plain = [credential.secret.bytes, value.bytes]
        if let blank = value.bytes.firstIndex(of: UInt8(ascii: " ")) {
            plain.append(Array(value.bytes[(blank + 1)...]))
        }
        let escaped = plain.map { bytes in
            var out: [UInt8] = []
            FormText.escapeComponent(bytes, to: &out)
            return out
        }
        var seen: Set<[UInt8]> = [[]]
        // The longest first: a part that is hidden would hide what it is a part of.
        return (plain + escaped).filter { seen.insert($0).inserted }.sorted { $0.count > $1.count }.map(SecretText.init)
    }

    /// As it stands in the request.
    private var value: SecretText {
        switch self {
        case .header(_, let value), .query(_, let value), .path(let value): value
        }
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
