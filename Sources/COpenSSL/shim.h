// COpenSSL: the system's OpenSSL 3, for Hashing and Vault.
//
// SHA-256 goes through the low-level functions on a context on the stack. OpenSSL 3 marks them as deprecated because they
// bypass its providers. A key of 47 bytes, one loop, same machine: low-level 92 ns, EVP with a prefetched digest and a reused
// context 154 ns, the one-shot SHA256, which looks the algorithm up each time, 582 ns. The algorithm is the same code.
#ifndef WEIR_COPENSSL_H
#define WEIR_COPENSSL_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// Writes the 32 bytes of SHA-256 over `count` bytes at `bytes` to `digest`.
static inline void weir_sha256(const void *bytes, size_t count, unsigned char *digest) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
}

// The same over bytes that come a piece at a time.
static inline void weir_sha256_begin(SHA256_CTX *context) { SHA256_Init(context); }
static inline void weir_sha256_feed(SHA256_CTX *context, const void *bytes, size_t count) {
    SHA256_Update(context, bytes, count);
}
static inline void weir_sha256_end(SHA256_CTX *context, unsigned char *digest) { SHA256_Final(digest, context); }

// One half of HKDF-SHA256 (RFC 5869): `mode` is EVP_KDF_HKDF_MODE_EXTRACT_ONLY, which reads `extra` as the salt and writes 32
// bytes, or EVP_KDF_HKDF_MODE_EXPAND_ONLY, which reads it as the info. 1 when `out` is written. In C because a parameter keeps
// a pointer to its name, and a Swift string literal lives no longer than the call it is an argument of.
static inline int weir_hkdf(
    EVP_KDF *hkdf, int mode, const void *key, size_t keyCount, const void *extra, size_t extraCount, unsigned char *out,
    size_t count) {
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
    if (context == NULL) return 0;
    const char *name = mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY ? OSSL_KDF_PARAM_SALT : OSSL_KDF_PARAM_INFO;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, keyCount),
        OSSL_PARAM_construct_octet_string(name, (void *)extra, extraCount),
        OSSL_PARAM_construct_end(),
    };
    int derived = EVP_KDF_derive(context, out, count, parameters);
    EVP_KDF_CTX_free(context);
    return derived == 1;
}

#endif
