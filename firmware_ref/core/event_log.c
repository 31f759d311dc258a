#include "core/event_log.h"

#include "core/bytes.h"
#include "core/causes.h"

#define SCAN_PAGES (CONFIG_LOG_FIRST_PAGE + CONFIG_LOG_ENTRIES)

unsigned event_log_slot(uint32_t sequence) { return sequence % CONFIG_LOG_ENTRIES; }

static uint16_t entry_page(unsigned slot, enum log_part part) {
    return (uint16_t)(CONFIG_LOG_FIRST_PAGE + slot * CONFIG_LOG_ENTRY_PAGES + (unsigned)part);
}

static uint16_t state_page(unsigned index, unsigned copy) {
    return (uint16_t)(CONFIG_LOG_STATES_PAGE + 2u * index + copy);
}

bool event_log_is_waiting(const struct event_log *log, unsigned slot) {
    return ((unsigned)log->cursor.waiting[slot / 8u] >> (slot % 8u) & 1u) != 0;
}

static void set_waiting(struct event_log *log, unsigned slot, bool value) {
    const uint8_t bit = (uint8_t)(1u << (slot % 8u));
    uint8_t *octet = &log->cursor.waiting[slot / 8u];
    *octet = (uint8_t)(value ? *octet | bit : *octet & ~bit);
}

/* The scan follows the ring from the cursor's newest entry on: what is later than the cursor stands there. */
static unsigned scanned_slot(const struct event_log *log) {
    return event_log_slot(log->cursor.newest + 1u + log->scan_page - CONFIG_LOG_FIRST_PAGE);
}

static void begin_scan_read(struct event_log *log, uint64_t now_us) {
    if (log->scan_page < CONFIG_LOG_FIRST_PAGE) {
        eeprom_begin_read(&log->eeprom, log->scan_page, LOG_CURSOR_BYTES, now_us);
    } else {
        eeprom_begin_read(&log->eeprom, entry_page(scanned_slot(log), LOG_PART_RECORD), LOG_RECORD_BYTES, now_us);
    }
}

void event_log_begin(struct event_log *log, uint64_t now_us) {
    log->state = LOG_SCANNING;
    log->scan_left = CONFIG_LOG_SCAN_SPARE;
    begin_scan_read(log, now_us);
}

/* Where a cursor can't be read none is trusted to be the latest: the whole ring is looked at. */
static void take_scanned_cursor(struct event_log *log) {
    const uint8_t *page = eeprom_page(&log->eeprom);
    struct log_cursor cursor;
    if (log_page_get_cursor(page, &cursor)) {
        if (cursor.generation > log->cursor.generation) {
            log->cursor = cursor;
        }
    } else if (!log_page_is_blank(page)) {
        log->scan_left = CONFIG_LOG_ENTRIES;
    }
}

/* Records later than the cursor stand one after the other, but for places that waited then and were passed over. */
static void take_scanned_record(struct event_log *log) {
    const unsigned slot = scanned_slot(log);
    struct alert_record record;
    if (log_page_get_record(eeprom_page(&log->eeprom), &record) && event_log_slot(record.sequence) == slot &&
        record.sequence > log->cursor.newest) {
        log->newest = record.sequence > log->newest ? record.sequence : log->newest;
        log->scan_left = log->scan_left > CONFIG_LOG_SCAN_SPARE ? log->scan_left : CONFIG_LOG_SCAN_SPARE;
        set_waiting(log, slot, true);
    } else if (!event_log_is_waiting(log, slot)) {
        log->scan_left--;
    }
}

/*
 * A cursor ahead of the newest record means that the newest records were lost. Sequences go on from the cursor, so that none
 * of them is used twice.
 */
static void end_scan(struct event_log *log) {
    if (log->newest < log->cursor.newest) {
        log->newest = log->cursor.newest;
    }
    log->state = LOG_READY;
}

static uint64_t step_scan(struct event_log *log, uint64_t now_us) {
    if (log->eeprom.status == EEPROM_FAILED) {
        log->state = LOG_ABSENT; /* events are signed and sent all the same; the banner says that none is kept */
        return now_us;
    }
    if (log->eeprom.status == EEPROM_FINISHED) {
        if (log->scan_page < CONFIG_LOG_FIRST_PAGE) {
            take_scanned_cursor(log);
        } else {
            take_scanned_record(log);
        }
        log->scan_page++;
        if (log->scan_page == SCAN_PAGES || log->scan_left == 0) {
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

/* LOG-2: the ring's order is that of age, so the first place that does not wait is the oldest confirmed one. */
uint32_t event_log_take_sequence(struct event_log *log) {
    uint32_t sequence = log->newest + 1u;
    while (event_log_is_waiting(log, event_log_slot(sequence)) && sequence - log->newest <= CONFIG_LOG_ENTRIES) {
        sequence++;
    }
    if (event_log_is_waiting(log, event_log_slot(sequence))) {
        sequence = log->newest + 1u;
        log->cursor.overwritten = (uint16_t)(log->cursor.overwritten + (log->cursor.overwritten < UINT16_MAX ? 1u : 0u));
        log->is_cursor_dirty = true;
    }
    log->newest = sequence;
    set_waiting(log, event_log_slot(sequence), true);
    return sequence;
}

void event_log_confirm(struct event_log *log, uint32_t sequence) {
    log->is_heard = true;
    event_log_forget(log, event_log_slot(sequence));
}

void event_log_forget(struct event_log *log, unsigned slot) {
    set_waiting(log, slot, false);
    log->is_cursor_dirty = log->state == LOG_READY;
}

/* The report of a loss takes a place of the ring itself, so it waits until there is one, and someone to hear it (LOG-1). */
uint16_t event_log_take_loss(struct event_log *log) {
    const uint16_t lost = log->is_heard ? log->cursor.overwritten : 0;
    if (lost > 0) {
        log->cursor.overwritten = 0;
        log->is_cursor_dirty = true;
        log->is_heard = false;
    }
    return lost;
}

bool event_log_is_idle(const struct event_log *log) {
    return log->state == LOG_READY && log->eeprom.status != EEPROM_WORKING;
}

void event_log_begin_read(struct event_log *log, unsigned slot, enum log_part part, uint64_t now_us) {
    const uint8_t length = (uint8_t)(part == LOG_PART_RECORD ? LOG_RECORD_BYTES : LOG_HALF_BYTES);
    eeprom_begin_read(&log->eeprom, entry_page(slot, part), length, now_us);
}

void event_log_begin_write(struct event_log *log, const struct alert_record *record, const uint8_t *signature,
                           enum log_part part, uint64_t now_us) {
    const uint16_t page = entry_page(event_log_slot(record->sequence), part);
    if (part == LOG_PART_RECORD) {
        set_waiting(log, event_log_slot(record->sequence), true);
        log_page_put_record(eeprom_page(&log->eeprom), record);
        eeprom_begin_write(&log->eeprom, page, LOG_RECORD_BYTES, now_us);
    } else {
        log_page_put_half(eeprom_page(&log->eeprom), record, part == LOG_PART_R ? 0u : 1u, signature, log->key_mark);
        eeprom_begin_write(&log->eeprom, page, LOG_HALF_BYTES, now_us);
    }
}

/* The cursor pages take turns, so a torn write leaves the one before it whole. */
void event_log_begin_write_cursor(struct event_log *log, uint64_t now_us) {
    log->cursor.generation++;
    log->cursor.newest = log->newest;
    log->is_cursor_dirty = false;
    log_page_put_cursor(eeprom_page(&log->eeprom), &log->cursor);
    eeprom_begin_write(&log->eeprom, (uint16_t)(log->cursor.generation % CONFIG_LOG_FIRST_PAGE), LOG_CURSOR_BYTES, now_us);
}

void event_log_begin_read_state(struct event_log *log, unsigned index, unsigned copy, uint64_t now_us) {
    eeprom_begin_read(&log->eeprom, state_page(index, copy), LOG_STATE_BYTES, now_us);
}

void event_log_begin_write_state(struct event_log *log, const struct cause_state *state, unsigned copy, uint64_t now_us) {
    log_page_put_state(eeprom_page(&log->eeprom), state);
    eeprom_begin_write(&log->eeprom, state_page(cause_index(state->code), copy), LOG_STATE_BYTES, now_us);
}
