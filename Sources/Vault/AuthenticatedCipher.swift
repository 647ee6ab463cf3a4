// AuthenticatedCipher: AES-256-GCM by OpenSSL, on buffers.
//
// For: what is inside an envelope.
// Refuses: to tell why a ciphertext is not authentic. Buffers of wrong lengths and an OpenSSL that fails for another
// reason than that stop the process.
// Called by: SealingKey.

import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with a nonce of 96 bits and a tag of 128.
enum AuthenticatedCipher {
    static let keyBytes = 32
    static let nonceBytes = 12
    static let tagBytes = 16

    // Fetched once, never freed, as in KeyDerivation.
    nonisolated(unsafe) private static let cipher: OpaquePointer = {
        guard let cipher = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil) else { fatalError("OpenSSL 3 has AES-256-GCM") }
        return cipher
    }()

    /// Encrypts `plaintext` to `sealed`: as many bytes of ciphertext, then the tag. The nonce must be new for this key.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        bound: UnsafeRawBufferPointer, to sealed: UnsafeMutableRawBufferPointer
    ) {
        precondition(key.count == keyBytes && nonce.count == nonceBytes, "a key has 32 bytes, a nonce has 12")
        precondition(sealed.count == plaintext.count + tagBytes, "a ciphertext is as long as its plaintext, and a tag")
        let context = EVP_CIPHER_CTX_new()
        // Wipes the key's schedule, too.
        defer { EVP_CIPHER_CTX_free(context) }
        let out = sealed.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var (written, rest): (Int32, Int32) = (0, 0)
        let isSealed =
            EVP_EncryptInit_ex2(context, cipher, key.octets, nonce.octets, nil) == 1
            && EVP_EncryptUpdate(context, nil, &rest, bound.octets, Int32(bound.count)) == 1
            && EVP_EncryptUpdate(context, out, &written, plaintext.octets, Int32(plaintext.count)) == 1
            && EVP_EncryptFinal_ex(context, out.map { $0 + Int(written) }, &rest) == 1
            && EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_GET_TAG, Int32(tagBytes), sealed.baseAddress.map { $0 + plaintext.count }) == 1
        precondition(isSealed && written + rest == plaintext.count, "OpenSSL encrypts bytes in memory")
    }

    /// Decrypts `sealed` to `plaintext`; `false` when it is not authentic: then `plaintext` holds nothing but zeros.
    static func open(
        _ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        bound: UnsafeRawBufferPointer, to plaintext: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(key.count == keyBytes && nonce.count == nonceBytes, "a key has 32 bytes, a nonce has 12")
        precondition(sealed.count == plaintext.count + tagBytes, "a ciphertext is as long as its plaintext, and a tag")
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        let out = plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let tag = UnsafeMutableRawPointer(mutating: sealed.baseAddress.map { $0 + plaintext.count })
        var (written, rest): (Int32, Int32) = (0, 0)
        let isDecrypted =
            EVP_DecryptInit_ex2(context, cipher, key.octets, nonce.octets, nil) == 1
            && EVP_DecryptUpdate(context, nil, &rest, bound.octets, Int32(bound.count)) == 1
            && EVP_DecryptUpdate(context, out, &written, sealed.octets, Int32(plaintext.count)) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagBytes), tag) == 1
        precondition(isDecrypted && written == plaintext.count, "OpenSSL decrypts bytes in memory")
        // Only here is the tag compared: until then `plaintext` holds what nobody may see.
        if EVP_DecryptFinal_ex(context, out.map { $0 + Int(written) }, &rest) == 1 { return true }
        plaintext.wipe()
        return false
    }
}

extension UnsafeRawBufferPointer {
    /// As OpenSSL takes bytes.
    fileprivate var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
