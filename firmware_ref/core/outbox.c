#include "core/outbox.h"

#include "core/bytes.h"
#include "core/event_log.h"

static unsigned count_empty(const struct outbox *outbox) {
    unsigned empty = 0;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        empty += outbox->entries[i].state == OUTBOX_EMPTY ? 1u : 0u;
    }
    return empty;
}

static struct outbox_entry *find_empty(struct outbox *outbox) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        if (outbox->entries[i].state == OUTBOX_EMPTY) {
            return &outbox->entries[i];
        }
    }
    return NULL;
}

/* The entry of the lowest sequence in a state, or NULL. */
static struct outbox_entry *find_lowest(struct outbox *outbox, enum outbox_state state) {
    struct outbox_entry *lowest = NULL;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        if (entry->state == state && (lowest == NULL || entry->record.sequence < lowest->record.sequence)) {
            lowest = entry;
        }
    }
    return lowest;
}

struct outbox_entry *outbox_place_new(struct outbox *outbox) {
    struct outbox_entry *place = find_empty(outbox);
    if (place != NULL) {
        return place;
    }
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        const bool may_go = entry->state == OUTBOX_SIGNED && entry->unsaved == 0 && entry->repeat_us > 0;
        if (may_go && (place == NULL || entry->record.sequence > place->record.sequence)) {
            place = entry;
        }
    }
    return place;
}

struct outbox_entry *outbox_place_old(struct outbox *outbox) {
    return count_empty(outbox) > 1u ? find_empty(outbox) : NULL;
}

bool outbox_holds(const struct outbox *outbox, unsigned slot) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        const struct outbox_entry *entry = &outbox->entries[i];
        if (entry->state != OUTBOX_EMPTY && event_log_slot(entry->record.sequence) == slot) {
            return true;
        }
    }
    return false;
}

struct outbox_entry *outbox_next_unsigned(struct outbox *outbox) { return find_lowest(outbox, OUTBOX_UNSIGNED); }

/* A first sending goes before any repeat (COM-1); otherwise the lowest sequence. */
struct outbox_entry *outbox_next_due(struct outbox *outbox, uint64_t now_us, uint64_t *due_us) {
    struct outbox_entry *next = NULL;
    *due_us = HAL_NEVER;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        if (entry->state != OUTBOX_SIGNED) {
            continue;
        }
        *due_us = earlier_of(*due_us, entry->send_at_us);
        if (entry->send_at_us > now_us) {
            continue;
        }
        const bool is_first = entry->repeat_us == 0, next_is_first = next != NULL && next->repeat_us == 0;
        const bool goes_before = next == NULL || (is_first && !next_is_first) ||
                                 (is_first == next_is_first && entry->record.sequence < next->record.sequence);
        if (goes_before) {
            next = entry;
        }
    }
    return next;
}

/* LOG-1: each record before the next one, with its cause's state: a power cut leaves at most one state behind. */
struct outbox_entry *outbox_next_unsaved(struct outbox *outbox) {
    struct outbox_entry *record = NULL, *half = NULL;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        const bool has_signature = entry->state == OUTBOX_SIGNED || entry->state == OUTBOX_CONFIRMED;
        const bool has_record = has_signature || entry->state == OUTBOX_UNSIGNED;
        if (has_record && (entry->unsaved & (OUTBOX_SAVE_RECORD | OUTBOX_SAVE_STATE)) != 0) {
            record = record == NULL || entry->record.sequence < record->record.sequence ? entry : record;
        } else if (has_signature && entry->unsaved != 0) {
            half = entry;
        }
    }
    return record != NULL ? record : half;
}

struct outbox_entry *outbox_find_confirmed(struct outbox *outbox, const struct confirm *confirm) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        if (entry->state != OUTBOX_SIGNED || alert_invoke_id(entry->record.counter) != confirm->invoke_id) {
            continue;
        }
        uint8_t date_time[COSEM_DATE_TIME_BYTES];
        put_date_time(date_time, &entry->record.sent_time);
        if (same_octets(date_time, confirm->date_time, COSEM_DATE_TIME_BYTES)) {
            return entry;
        }
    }
    return NULL;
}

void outbox_set_signed(struct outbox_entry *entry, uint64_t now_us) {
    entry->state = OUTBOX_SIGNED;
    entry->repeat_us = 0;
    entry->send_at_us = now_us + CONFIG_ALERT_HOLD_US;
}

void outbox_set_sent(struct outbox_entry *entry, uint64_t now_us) {
    entry->repeat_us = entry->repeat_us == 0 ? CONFIG_REPEAT_FIRST_US : 2u * entry->repeat_us;
    if (entry->repeat_us > CONFIG_REPEAT_MAX_US) {
        entry->repeat_us = CONFIG_REPEAT_MAX_US;
    }
    entry->send_at_us = now_us + entry->repeat_us;
}

void outbox_release(struct outbox_entry *entry) {
    if (entry->state == OUTBOX_CONFIRMED && entry->unsaved == 0) {
        entry->state = OUTBOX_EMPTY;
    }
}
