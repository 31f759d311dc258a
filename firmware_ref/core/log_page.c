#include "core/log_page.h"

#include "core/bytes.h"
#include "core/crc.h"

#define MAGIC_RECORD 0x54424531u /* "TBE1" */
#define MAGIC_HALF 0x54425330u   /* "TBS0" for r, "TBS1" for s */
#define MAGIC_CURSOR 0x54424332u /* "TBC2" */
#define MAGIC_STATE 0x54425431u  /* "TBT1" */

static uint8_t *put_utc(uint8_t *at, const struct hal_utc *utc) {
    return put_u8(put_u8(put_u32(at, utc->seconds), utc->hundredths), utc->status);
}

static struct hal_utc get_utc(const uint8_t *at) {
    return (struct hal_utc){.seconds = get_u32(at), .hundredths = at[4], .status = at[5]};
}

static void seal_page(uint8_t *page, size_t page_bytes) {
    put_u32(&page[page_bytes - 4u], crc32_ieee(page, page_bytes - 4u));
}

static bool is_page_whole(const uint8_t *page, size_t page_bytes, uint32_t magic) {
    return get_u32(page) == magic && get_u32(&page[page_bytes - 4u]) == crc32_ieee(page, page_bytes - 4u);
}

bool log_page_is_blank(const uint8_t *page) { return get_u32(page) == UINT32_MAX; }

/* magic 4, sequence 4, counter 4, event time 6, sent time 6, code 1, count 2, reserved 1, CRC 4 */
void log_page_put_record(uint8_t page[LOG_RECORD_BYTES], const struct alert_record *record) {
    uint8_t *at = put_u32(page, MAGIC_RECORD);
    at = put_u32(at, record->sequence);
    at = put_u32(at, record->counter);
    at = put_utc(at, &record->event_time);
    at = put_utc(at, &record->sent_time);
    at = put_u8(at, record->code);
    at = put_u16(at, record->count);
    put_u8(at, 0);
    seal_page(page, LOG_RECORD_BYTES);
}

bool log_page_get_record(const uint8_t page[LOG_RECORD_BYTES], struct alert_record *record) {
    if (!is_page_whole(page, LOG_RECORD_BYTES, MAGIC_RECORD)) {
        return false;
    }
    *record = (struct alert_record){.sequence = get_u32(&page[4]),
                                    .counter = get_u32(&page[8]),
                                    .event_time = get_utc(&page[12]),
                                    .sent_time = get_utc(&page[18]),
                                    .code = page[24],
                                    .count = get_u16(&page[25])};
    return true;
}

uint32_t log_page_signature_tag(const struct alert_record *record, const uint8_t *signature, uint32_t key_mark) {
    uint8_t page[LOG_RECORD_BYTES];
    log_page_put_record(page, record);
    return crc32_ieee(signature, 2u * SIGNATURE_HALF_BYTES) ^ get_u32(&page[LOG_RECORD_BYTES - 4u]) ^ key_mark;
}

/* magic 4, sequence 4, tag 4, half 32, CRC 4 */
void log_page_put_half(uint8_t page[LOG_HALF_BYTES], const struct alert_record *record, unsigned which,
                       const uint8_t *signature, uint32_t key_mark) {
    uint8_t *at = put_u32(page, MAGIC_HALF + which);
    at = put_u32(at, record->sequence);
    at = put_u32(at, log_page_signature_tag(record, signature, key_mark));
    put_octets(at, &signature[which * SIGNATURE_HALF_BYTES], SIGNATURE_HALF_BYTES);
    seal_page(page, LOG_HALF_BYTES);
}

bool log_page_get_half(const uint8_t page[LOG_HALF_BYTES], uint32_t sequence, unsigned which, uint8_t *signature,
                       uint32_t *tag) {
    if (!is_page_whole(page, LOG_HALF_BYTES, MAGIC_HALF + which) || get_u32(&page[4]) != sequence) {
        return false;
    }
    *tag = get_u32(&page[8]);
    put_octets(&signature[which * SIGNATURE_HALF_BYTES], &page[12], SIGNATURE_HALF_BYTES);
    return true;
}

/* magic 4, generation 4, newest 4, overwritten 2, bits 19, reserved 3, CRC 4 */
void log_page_put_cursor(uint8_t page[LOG_CURSOR_BYTES], const struct log_cursor *cursor) {
    uint8_t *at = put_u32(page, MAGIC_CURSOR);
    at = put_u32(at, cursor->generation);
    at = put_u16(put_u32(at, cursor->newest), cursor->overwritten);
    at = put_octets(at, cursor->waiting, sizeof cursor->waiting);
    put_u8(put_u16(at, 0), 0);
    seal_page(page, LOG_CURSOR_BYTES);
}

bool log_page_get_cursor(const uint8_t page[LOG_CURSOR_BYTES], struct log_cursor *cursor) {
    if (!is_page_whole(page, LOG_CURSOR_BYTES, MAGIC_CURSOR)) {
        return false;
    }
    cursor->generation = get_u32(&page[4]);
    cursor->newest = get_u32(&page[8]);
    cursor->overwritten = get_u16(&page[12]);
    put_octets(cursor->waiting, &page[14], sizeof cursor->waiting);
    return true;
}

/* magic 4, sequence 4, count 4, first 6, last 6, ended 6, code 1, active 1, CRC 4 */
void log_page_put_state(uint8_t page[LOG_STATE_BYTES], const struct cause_state *state) {
    uint8_t *at = put_u32(page, MAGIC_STATE);
    at = put_u32(put_u32(at, state->sequence), state->count);
    at = put_utc(put_utc(put_utc(at, &state->first), &state->last), &state->ended);
    put_u8(put_u8(at, state->code), state->is_active ? 1u : 0u);
    seal_page(page, LOG_STATE_BYTES);
}

bool log_page_get_state(const uint8_t page[LOG_STATE_BYTES], struct cause_state *state) {
    if (!is_page_whole(page, LOG_STATE_BYTES, MAGIC_STATE)) {
        return false;
    }
    *state = (struct cause_state){.sequence = get_u32(&page[4]),
                                  .count = get_u32(&page[8]),
                                  .first = get_utc(&page[12]),
                                  .last = get_utc(&page[18]),
                                  .ended = get_utc(&page[24]),
                                  .code = page[30],
                                  .is_active = page[31] != 0};
    return true;
}
