/* SHA-256 (FIPS 180-4), streaming. Used for the alert's digest (SIG-1) and by the boot block for the slot (INT-2). */
#ifndef TBR_SHA256_H
#define TBR_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_DIGEST_BYTES 32u
#define SHA256_BLOCK_BYTES 64u

struct sha256 {
    uint32_t state[8];
    uint64_t length_bytes;
    uint8_t block[SHA256_BLOCK_BYTES];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const uint8_t *octets, size_t count);
void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_DIGEST_BYTES]);

#endif
