#include "core/keys.h"

#include "core/bytes.h"
#include "core/crc.h"

#define MAGIC_KEYS 0x54424B31u /* "TBK1" */

/* magic 4, encryption 16, authentication 16, CRC 4 */
void keys_read(const uint8_t *page, struct cipher_keys *keys) {
    *keys = (struct cipher_keys){0};
    const uint32_t crc = get_u32(&page[KEY_PAGE_BYTES - 4u]);
    if (get_u32(page) == MAGIC_KEYS && crc == crc32_ieee(page, KEY_PAGE_BYTES - 4u)) {
        put_octets(keys->encryption, &page[4], CIPHER_KEY_BYTES);
        put_octets(keys->authentication, &page[4u + CIPHER_KEY_BYTES], CIPHER_KEY_BYTES);
        keys->mark = crc | 1u;
    }
}
