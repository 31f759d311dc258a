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
    uint32_t newest;        /* highest sequence found or given; 0 when the log is empty */
    uint16_t scan_page;     /* index of the scan: two cursors, then the entries */
    uint16_t entries_found;
    uint8_t state;
    bool is_cursor_dirty;
};

/* On zeroed memory, as meter_begin(). */
void event_log_begin(struct event_log *log, uint64_t now_us);
/* Moves the access under way and the scan on; returns when to call again. */
uint64_t event_log_step(struct event_log *log, struct bus *bus, uint64_t other_needs_bus_at_us, uint64_t now_us);

/* The next entry's sequence; from here on it counts as unconfirmed. */
uint32_t event_log_take_sequence(struct event_log *log);
void event_log_confirm(struct event_log *log, uint32_t sequence);
/* The lowest unconfirmed sequence at or above `from`; 0 when there is none. */
uint32_t event_log_next_unconfirmed(const struct event_log *log, uint32_t from);

/* READY and no access under way. */
bool event_log_is_idle(const struct event_log *log);
void event_log_begin_read(struct event_log *log, uint32_t sequence, enum log_part part, uint64_t now_us);
void event_log_begin_write(struct event_log *log, const struct alert_record *record, const uint8_t *signature,
                           enum log_part part, uint64_t now_us);
void event_log_begin_write_cursor(struct event_log *log, uint64_t now_us);

#endif
