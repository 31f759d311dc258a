#include "core/position.h"

#include "config.h"
#include "core/bytes.h"
#include "core/crc.h"

#define MAGIC_POSITION 0x54424931u /* "TBI1" */
#define RECORD_BYTES 16u
#define RECORDS (CONFIG_POSITION_PAGE_BYTES / RECORD_BYTES)

static bool is_blank(const uint8_t *record) {
    for (unsigned i = 0; i < RECORD_BYTES; i++) {
        if (record[i] != 0xFFu) {
            return false;
        }
    }
    return true;
}

static bool is_whole(const uint8_t *record) {
    return get_u32(record) == MAGIC_POSITION && get_u32(&record[12]) == crc32_ieee(record, 12u);
}

/* magic 4, x 2, y 2, z 2, reserved 2, CRC 4 */
bool position_read(struct acceleration *installed) {
    const uint8_t *page = hal_position_page();
    bool is_known = false;
    *installed = (struct acceleration){.z = 1000};
    for (unsigned i = 0; i < RECORDS; i++) {
        const uint8_t *record = &page[i * RECORD_BYTES];
        if (is_whole(record)) {
            *installed = (struct acceleration){.x = (int16_t)get_u16(&record[4]),
                                               .y = (int16_t)get_u16(&record[6]),
                                               .z = (int16_t)get_u16(&record[8])};
            is_known = true;
        }
    }
    return is_known;
}

unsigned position_places_left(void) {
    const uint8_t *page = hal_position_page();
    unsigned left = 0;
    while (left < RECORDS && is_blank(&page[(RECORDS - 1u - left) * RECORD_BYTES])) {
        left++;
    }
    return left;
}

bool position_keep(const struct acceleration *installed) {
    const unsigned place = RECORDS - position_places_left();
    if (place == RECORDS) {
        return false;
    }
    uint8_t record[RECORD_BYTES];
    uint8_t *at = put_u32(record, MAGIC_POSITION);
    at = put_u16(put_u16(put_u16(at, (uint16_t)installed->x), (uint16_t)installed->y), (uint16_t)installed->z);
    at = put_u16(at, 0);
    put_u32(at, crc32_ieee(record, 12u));
    hal_position_write(place * RECORD_BYTES, record, RECORD_BYTES);
    return is_whole(&hal_position_page()[place * RECORD_BYTES]); /* a flash that wears out shows it here */
}
