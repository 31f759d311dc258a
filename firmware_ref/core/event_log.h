/*
 * The event log in the EEPROM: a ring of entries found again at boot by sequence and CRC, and the cursor that says which
 * have been confirmed (LOG-2, COM-3). It knows where things are; the reporter says what to write when.
 */
#ifndef TBR_EVENT_LOG_H
#define TBR_EVENT_LOG_H

#include "core/eeprom.h"
#include "core/log_page.h"

enum log_state { LOG_SCANNING, LOG_READY, LOG_ABSENT };
enum log_part { LOG_PART_RECORD, LOG_PART_R, LOG_PART_S, LOG_PART_CURSOR };

struct event_log {
    struct eeprom eeprom;
    struct log_cursor cursor;
    uint32_t key_mark;      /* of the keys that alerts are encrypted with (core/keys.h) */
    uint32_t newest;        /* highest sequence found or given; 0 when the log is empty */
    uint16_t scan_page;     /* index of the scan: the cursors, then the entries */
    uint8_t scan_left;      /* places without a later record until the scan ends */
    uint8_t state;
    bool is_cursor_dirty;
    bool is_heard;          /* something was confirmed since the last report of a loss */
};

/* On zeroed memory, as meter_begin(). */
void event_log_begin(struct event_log *log, uint64_t now_us);
/* Moves the access under way and the scan on; returns when to call again. */
uint64_t event_log_step(struct event_log *log, struct bus *bus, uint64_t other_needs_bus_at_us, uint64_t now_us);

/* The ring's place of a sequence. */
unsigned event_log_slot(uint32_t sequence);
/*
 * The next entry's sequence; from here on it waits for its confirmation. Its place is the oldest confirmed one: those that
 * wait are passed over. When all wait, the next one gives way, which is counted (LOG-2).
 */
uint32_t event_log_take_sequence(struct event_log *log);
void event_log_confirm(struct event_log *log, uint32_t sequence);
/* A place whose record can't be read has nothing to wait for. */
void event_log_forget(struct event_log *log, unsigned slot);
bool event_log_is_waiting(const struct event_log *log, unsigned slot);
/* How many entries gave way before they were confirmed, since this was last asked; 0 until something is confirmed again. */
uint16_t event_log_take_loss(struct event_log *log);

/* READY and no access under way. */
bool event_log_is_idle(const struct event_log *log);
void event_log_begin_read(struct event_log *log, unsigned slot, enum log_part part, uint64_t now_us);
void event_log_begin_write(struct event_log *log, const struct alert_record *record, const uint8_t *signature,
                           enum log_part part, uint64_t now_us);
void event_log_begin_write_cursor(struct event_log *log, uint64_t now_us);
/* A cause's state, by the cause's index; it has two pages, `copy` 0 and 1. */
void event_log_begin_read_state(struct event_log *log, unsigned index, unsigned copy, uint64_t now_us);
void event_log_begin_write_state(struct event_log *log, const struct cause_state *state, unsigned copy, uint64_t now_us);

#endif
