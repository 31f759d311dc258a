/*
 * AES-128, encryption only, which is all that GCM needs (FIPS 197). The round keys are made as they are used: 176 octets less
 * of RAM (SEAL-4). Pure.
 */
#ifndef TBR_AES_H
#define TBR_AES_H

#include <stdint.h>

#define AES_BLOCK_BYTES 16u
#define AES_KEY_BYTES 16u

/* One block: 0.2 ms at 16 MHz. `out` may be `in`. */
void aes_encrypt(const uint8_t key[AES_KEY_BYTES], const uint8_t in[AES_BLOCK_BYTES], uint8_t out[AES_BLOCK_BYTES]);

#endif
