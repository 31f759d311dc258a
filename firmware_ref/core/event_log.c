#include "core/event_log.h"

#include "core/bytes.h"

#define SCAN_PAGES (CONFIG_LOG_FIRST_PAGE + CONFIG_LOG_ENTRIES)

static unsigned ring_index(uint32_t sequence) { return sequence % CONFIG_LOG_ENTRIES; }

static uint16_t entry_page(unsigned index, enum log_part part) {
    return (uint16_t)(CONFIG_LOG_FIRST_PAGE + index * CONFIG_LOG_ENTRY_PAGES + (unsigned)part);
}

static bool is_confirmed(const struct event_log *log, uint32_t sequence) {
    const unsigned index = ring_index(sequence);
    return (log->cursor.confirmed[index / 8u] >> (index % 8u) & 1u) != 0;
}

static void set_confirmed(struct event_log *log, uint32_t sequence, bool value) {
    const unsigned index = ring_index(sequence);
    const uint8_t bit = (uint8_t)(1u << (index % 8u));
    uint8_t *octet = &log->cursor.confirmed[index / 8u];
    *octet = (uint8_t)(value ? *octet | bit : *octet & ~bit);
}

static void begin_scan_read(struct event_log *log, uint64_t now_us) {
    if (log->scan_page < CONFIG_LOG_FIRST_PAGE) {
        eeprom_begin_read(&log->eeprom, log->scan_page, LOG_CURSOR_BYTES, now_us);
    } else {
        const unsigned index = log->scan_page - CONFIG_LOG_FIRST_PAGE;
        eeprom_begin_read(&log->eeprom, entry_page(index, LOG_PART_RECORD), LOG_RECORD_BYTES, now_us);
    }
}

void event_log_begin(struct event_log *log, uint64_t now_us) {
    log->state = LOG_SCANNING;
    log->cursor.first_unconfirmed = 1;
    begin_scan_read(log, now_us);
}

static void take_scanned_page(struct event_log *log) {
    const uint8_t *page = eeprom_page(&log->eeprom);
    if (log->scan_page < CONFIG_LOG_FIRST_PAGE) {
        struct log_cursor cursor;
        if (log_page_get_cursor(page, &cursor) && cursor.generation > log->cursor.generation) {
            log->cursor = cursor;
        }
        return;
    }
    struct alert_record record;
    if (log_page_get_record(page, &record)) {
        log->entries_found++;
        if (record.sequence > log->newest) {
            log->newest = record.sequence;
        }
    }
}

/* Entries that the ring has overwritten can no longer be sent; confirmed ones at the low end need no bit. */
static void trim_window(struct event_log *log) {
    struct log_cursor *cursor = &log->cursor;
    if (log->newest >= CONFIG_LOG_ENTRIES && cursor->first_unconfirmed <= log->newest - CONFIG_LOG_ENTRIES) {
        cursor->first_unconfirmed = log->newest - CONFIG_LOG_ENTRIES + 1u;
    }
    while (cursor->first_unconfirmed <= log->newest && is_confirmed(log, cursor->first_unconfirmed)) {
        cursor->first_unconfirmed++;
    }
}

/*
 * A cursor ahead of the newest record means that the newest records were lost after they had been confirmed. Sequences go
 * on from the cursor, so that none of them is used twice.
 */
static void end_scan(struct event_log *log) {
    for (uint32_t sequence = log->newest; sequence > log->cursor.newest; sequence--) {
        if (sequence + CONFIG_LOG_ENTRIES == log->newest) {
            break; /* once around the ring */
        }
        set_confirmed(log, sequence, false);
    }
    if (log->cursor.first_unconfirmed > log->newest + 1u) {
        log->newest = log->cursor.first_unconfirmed - 1u;
    }
    trim_window(log);
    log->state = LOG_READY;
}

static uint64_t step_scan(struct event_log *log, uint64_t now_us) {
    if (log->eeprom.status == EEPROM_FAILED) {
        log->state = LOG_ABSENT; /* events are signed and sent all the same; the banner says that none is kept */
        return now_us;
    }
    if (log->eeprom.status == EEPROM_FINISHED) {
        take_scanned_page(log);
        log->scan_page++;
        if (log->scan_page == SCAN_PAGES) {
            end_scan(log);
        } else {
            begin_scan_read(log, now_us);
        }
        return now_us;
    }
    return HAL_NEVER;
}

uint64_t event_log_step(struct event_log *log, struct bus *bus, uint64_t other_needs_bus_at_us, uint64_t now_us) {
    const uint64_t next_us = eeprom_step(&log->eeprom, bus, other_needs_bus_at_us, now_us);
    if (log->state == LOG_SCANNING) {
        return earlier_of(next_us, step_scan(log, now_us));
    }
    return next_us;
}

uint32_t event_log_take_sequence(struct event_log *log) {
    log->newest++;
    set_confirmed(log, log->newest, false);
    trim_window(log);
    return log->newest;
}

void event_log_confirm(struct event_log *log, uint32_t sequence) {
    if (sequence < log->cursor.first_unconfirmed || sequence > log->newest) {
        return;
    }
    set_confirmed(log, sequence, true);
    trim_window(log);
    log->is_cursor_dirty = log->state == LOG_READY;
}

uint32_t event_log_next_unconfirmed(const struct event_log *log, uint32_t from) {
    uint32_t sequence = from > log->cursor.first_unconfirmed ? from : log->cursor.first_unconfirmed;
    while (sequence <= log->newest) {
        if (!is_confirmed(log, sequence)) {
            return sequence;
        }
        sequence++;
    }
    return 0;
}

bool event_log_is_idle(const struct event_log *log) {
    return log->state == LOG_READY && log->eeprom.status != EEPROM_WORKING;
}

void event_log_begin_read(struct event_log *log, uint32_t sequence, enum log_part part, uint64_t now_us) {
    const uint8_t length = (uint8_t)(part == LOG_PART_RECORD ? LOG_RECORD_BYTES : LOG_HALF_BYTES);
    eeprom_begin_read(&log->eeprom, entry_page(ring_index(sequence), part), length, now_us);
}

void event_log_begin_write(struct event_log *log, const struct alert_record *record, const uint8_t *signature,
                           enum log_part part, uint64_t now_us) {
    const uint16_t page = entry_page(ring_index(record->sequence), part);
    if (part == LOG_PART_RECORD) {
        log_page_put_record(eeprom_page(&log->eeprom), record);
        eeprom_begin_write(&log->eeprom, page, LOG_RECORD_BYTES, now_us);
    } else {
        log_page_put_half(eeprom_page(&log->eeprom), record, part == LOG_PART_R ? 0u : 1u, signature);
        eeprom_begin_write(&log->eeprom, page, LOG_HALF_BYTES, now_us);
    }
}

/* The two cursor pages take turns, so a torn write leaves the one before it whole. */
void event_log_begin_write_cursor(struct event_log *log, uint64_t now_us) {
    log->cursor.generation++;
    log->cursor.newest = log->newest;
    log->is_cursor_dirty = false;
    log_page_put_cursor(eeprom_page(&log->eeprom), &log->cursor);
    eeprom_begin_write(&log->eeprom, (uint16_t)(log->cursor.generation % CONFIG_LOG_FIRST_PAGE), LOG_CURSOR_BYTES, now_us);
}
