#include "core/outbox.h"

#include "core/bytes.h"
#include "core/event_log.h"
#include "core/severity.h"

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

bool outbox_is_in_payload_of(const struct outbox *outbox, const struct outbox_entry *entry, const struct outbox_entry *lead) {
    return entry == lead || (entry->state == OUTBOX_JOINED && &outbox->entries[entry->lead] == lead);
}

/* Of the whole payload: a lead without its others would be another payload than the one that was sent. */
static bool is_saved(const struct outbox *outbox, const struct outbox_entry *lead) {
    uint8_t unsaved = 0;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        const struct outbox_entry *entry = &outbox->entries[i];
        unsaved |= outbox_is_in_payload_of(outbox, entry, lead) ? entry->unsaved : 0u;
    }
    return unsaved == 0;
}

void outbox_evict(struct outbox *outbox, struct outbox_entry *place) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        if (&outbox->entries[i] != place && outbox_is_in_payload_of(outbox, &outbox->entries[i], place)) {
            outbox->entries[i].state = OUTBOX_EMPTY;
        }
    }
    place->state = OUTBOX_EMPTY;
}

struct outbox_entry *outbox_place_new(struct outbox *outbox) {
    struct outbox_entry *place = find_empty(outbox);
    if (place != NULL) {
        return place;
    }
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        const bool may_go = entry->state == OUTBOX_SIGNED && entry->repeat_us > 0 && is_saved(outbox, entry);
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
        const bool is_counted = entry->state == OUTBOX_HELD || entry->state == OUTBOX_JOINED;
        const bool has_record = has_signature || is_counted || entry->state == OUTBOX_UNSIGNED;
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

void outbox_set_sent(struct outbox_entry *entry, uint32_t chance, uint64_t now_us) {
    entry->repeat_us = entry->repeat_us == 0 ? CONFIG_REPEAT_FIRST_US : 2u * entry->repeat_us;
    if (entry->repeat_us > CONFIG_REPEAT_MAX_US) {
        entry->repeat_us = CONFIG_REPEAT_MAX_US;
    }
    entry->send_at_us = now_us + entry->repeat_us + chance % (entry->repeat_us / 2u);
}

void outbox_hasten(struct outbox *outbox, uint32_t chance, uint64_t now_us) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        /* One that was sent once only is on its way still, as far as anyone knows. */
        if (entry->state == OUTBOX_SIGNED && entry->repeat_us > CONFIG_REPEAT_FIRST_US) {
            entry->repeat_us = CONFIG_REPEAT_FIRST_US;
            entry->send_at_us = earlier_of(entry->send_at_us, now_us + chance % CONFIG_REPEAT_SPREAD_US);
        }
    }
}

void outbox_release(struct outbox_entry *entry) {
    if (entry->state == OUTBOX_CONFIRMED && entry->unsaved == 0) {
        entry->state = OUTBOX_EMPTY;
    }
}

bool outbox_has_signed(const struct outbox *outbox) {
    bool has_signed = false;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        has_signed = has_signed || outbox->entries[i].state == OUTBOX_SIGNED;
    }
    return has_signed;
}

unsigned outbox_count_held(const struct outbox *outbox, bool *has_major) {
    unsigned held = 0;
    *has_major = false;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        const struct outbox_entry *entry = &outbox->entries[i];
        if (entry->state == OUTBOX_HELD) {
            held++;
            *has_major = *has_major || !severity_is_minor(entry->record.code);
        }
    }
    return held;
}

bool outbox_has_slack(const struct outbox *outbox) {
    bool has_slack = true;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        const struct outbox_entry *entry = &outbox->entries[i];
        has_slack = has_slack && (entry->state != OUTBOX_HELD || severity_has_slack(entry->record.code));
    }
    return has_slack;
}

/* The signature of several is none of a single one, so it is not kept: after a reset each is signed anew on its own. */
struct outbox_entry *outbox_close_payload(struct outbox *outbox) {
    struct outbox_entry *lead = NULL;
    bool has_major = false;
    const bool are_several = outbox_count_held(outbox, &has_major) > 1u;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        if (entry->state == OUTBOX_HELD && (lead == NULL || entry->record.counter > lead->record.counter)) {
            lead = entry;
        }
    }
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        if (entry->state == OUTBOX_HELD) {
            entry->state = entry == lead ? OUTBOX_UNSIGNED : OUTBOX_JOINED;
            entry->lead = (uint8_t)(lead - outbox->entries);
            entry->unsaved = (uint8_t)(are_several ? entry->unsaved & ~(OUTBOX_SAVE_R | OUTBOX_SAVE_S) : entry->unsaved);
        }
    }
    return lead;
}

void outbox_gather(const struct outbox *outbox, const struct outbox_entry *lead, struct alert_payload *payload) {
    payload->count = 0;
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        const struct outbox_entry *entry = &outbox->entries[i];
        if (!outbox_is_in_payload_of(outbox, entry, lead) || payload->count == CONFIG_PAYLOAD_EVENTS) {
            continue;
        }
        unsigned at = payload->count;
        while (at > 0 && payload->records[at - 1u]->counter > entry->record.counter) {
            payload->records[at] = payload->records[at - 1u];
            at--;
        }
        payload->records[at] = &entry->record;
        payload->count++;
    }
}
