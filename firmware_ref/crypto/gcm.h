/*
 * AES-128 in Galois/counter mode (NIST SP 800-38D) with an initialisation vector of 96 bits, as DLMS suite 0 has it (SIG-1).
 * Fed piece by piece: first what is only authenticated, then the text. A block of text costs one AES block and one
 * multiplication, 0.4 ms at 16 MHz together; whoever must not be kept that long feeds 16 octets a turn. Pure.
 */
#ifndef TBR_GCM_H
#define TBR_GCM_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/aes.h"

#define GCM_IV_BYTES 12u
#define GCM_TAG_BYTES 16u

struct gcm {
    const uint8_t *key; /* stays where it is until the end */
    uint8_t subkey[AES_BLOCK_BYTES];  /* H */
    uint8_t counter[AES_BLOCK_BYTES]; /* IV, then the number of the block */
    uint8_t stream[AES_BLOCK_BYTES];
    uint8_t hash[AES_BLOCK_BYTES];
    uint32_t aad_bytes;
    uint32_t text_bytes;
    uint8_t filled; /* octets of a block that is hashed once it is full */
};

void gcm_begin(struct gcm *gcm, const uint8_t key[AES_KEY_BYTES], const uint8_t iv[GCM_IV_BYTES]);
/* What is authenticated but not encrypted: all of it before the first text. */
void gcm_add_aad(struct gcm *gcm, const uint8_t *octets, size_t count);
/* In place. */
void gcm_encrypt(struct gcm *gcm, uint8_t *octets, size_t count);
void gcm_decrypt(struct gcm *gcm, uint8_t *octets, size_t count);
/*
 * Hashes what is left of a block, when all of the one or the other part was given; false: nothing was. Need not be called, but
 * takes a multiplication from the call that would do it.
 */
bool gcm_pad(struct gcm *gcm);
/* Ends it: the tag, of which the first octets may be used alone (12 in DLMS). */
void gcm_end(struct gcm *gcm, uint8_t tag[GCM_TAG_BYTES]);

#endif
