/*
 * The keys that only head-end and meter have (SIG-1): in a page of the flash of their own, written in production. As in DLMS
 * security suite 0 they are one key to encrypt with, for both directions, and one that only authenticates.
 */
#ifndef TBR_KEYS_H
#define TBR_KEYS_H

#include <stdint.h>

#define KEY_PAGE_BYTES 40u
#define CIPHER_KEY_BYTES 16u

struct cipher_keys {
    uint8_t encryption[CIPHER_KEY_BYTES];
    uint8_t authentication[CIPHER_KEY_BYTES];
    uint32_t mark; /* tells these keys from others; 0: there are none, and alerts go in clear */
};

/* None where the page is blank, wiped or damaged. */
void keys_read(const uint8_t *page, struct cipher_keys *keys);

#endif
