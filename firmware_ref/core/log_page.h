/*
 * The log's pages as octets (LOG-2). Every page carries its own sequence and CRC, so a page torn by a power cut is told
 * from a whole one whatever mixture of old, new and garbage it holds. Pure: no access, no state.
 */
#ifndef TBR_LOG_PAGE_H
#define TBR_LOG_PAGE_H

#include "config.h"
#include "core/alert_record.h"

#define LOG_RECORD_BYTES 32u
#define LOG_HALF_BYTES 48u /* one half of a signature: r or s */
#define LOG_CURSOR_BYTES 40u
#define LOG_STATE_BYTES 36u
#define SIGNATURE_HALF_BYTES 32u

/* Which entries of the ring wait for their confirmation: one bit each. Records above `newest` are later than the cursor. */
struct log_cursor {
    uint32_t generation;
    uint32_t newest;
    uint16_t overwritten; /* entries that gave way before they were confirmed; not reported yet */
    uint8_t waiting[(CONFIG_LOG_ENTRIES + 7u) / 8u];
};

/* All that was ever seen of one cause (LOG-1). `sequence` is that of its last alert: the next one has a higher one. */
struct cause_state {
    uint32_t sequence;
    uint32_t count; /* detections; 0 when there was none */
    struct hal_utc first;
    struct hal_utc last;
    struct hal_utc ended;
    uint8_t code;
    bool is_active;
};

void log_page_put_record(uint8_t page[LOG_RECORD_BYTES], const struct alert_record *record);
bool log_page_get_record(const uint8_t page[LOG_RECORD_BYTES], struct alert_record *record);

/*
 * A signature takes two pages. Each carries a tag of the whole signature, of the record it was made for and of the keys it was
 * encrypted with, so that r and s of different attempts, or of another record with the same sequence, are never put together,
 * nor sent with other octets than they were made over.
 */
uint32_t log_page_signature_tag(const struct alert_record *record, const uint8_t *signature, uint32_t key_mark);
void log_page_put_half(uint8_t page[LOG_HALF_BYTES], const struct alert_record *record, unsigned which,
                       const uint8_t *signature, uint32_t key_mark);
/* Puts the half into its place in `signature`; false when the page is torn or belongs elsewhere. */
bool log_page_get_half(const uint8_t page[LOG_HALF_BYTES], uint32_t sequence, unsigned which, uint8_t *signature,
                       uint32_t *tag);

void log_page_put_cursor(uint8_t page[LOG_CURSOR_BYTES], const struct log_cursor *cursor);
/* Never written. */
bool log_page_is_blank(const uint8_t *page);
bool log_page_get_cursor(const uint8_t page[LOG_CURSOR_BYTES], struct log_cursor *cursor);

void log_page_put_state(uint8_t page[LOG_STATE_BYTES], const struct cause_state *state);
bool log_page_get_state(const uint8_t page[LOG_STATE_BYTES], struct cause_state *state);

#endif
