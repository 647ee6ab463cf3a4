// COpenSSL: the system's OpenSSL 3, for Hashing.
//
// SHA-256 goes through the low-level functions on a context on the stack. OpenSSL 3 marks them as deprecated because they
// bypass its providers. A key of 47 bytes, one loop, same machine: low-level 92 ns, EVP with a prefetched digest and a reused
// context 154 ns, the one-shot SHA256, which looks the algorithm up each time, 582 ns. The algorithm is the same code.
#ifndef WEIR_COPENSSL_H
#define WEIR_COPENSSL_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
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

#endif
