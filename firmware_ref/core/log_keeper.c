#include "core/log_keeper.h"

/* An EEPROM that fails this often in a row is treated as absent until the next reset. */
#define FAILURES_MAX 8u

static const uint8_t save_bits[] = {
    [LOG_PART_RECORD] = OUTBOX_SAVE_RECORD, [LOG_PART_R] = OUTBOX_SAVE_R, [LOG_PART_S] = OUTBOX_SAVE_S};

void log_keeper_rescan(struct log_keeper *keeper) { keeper->load_from = 0; }

static bool take_loaded_half(struct log_keeper *keeper, const struct event_log *log, uint32_t *tag) {
    struct outbox_entry *entry = keeper->entry;
    const unsigned which = keeper->part == LOG_PART_R ? 0u : 1u;
    return log_page_get_half(&log->eeprom.buffer[2], entry->record.sequence, which, entry->signature, tag);
}

/* A whole signature is sent as it was; a torn or missing one is made anew for the same content. */
static void take_loaded(struct log_keeper *keeper, struct event_log *log, uint64_t now_us) {
    struct outbox_entry *entry = keeper->entry;
    struct alert_record record;
    uint32_t tag = 0;
    switch (keeper->part) {
    case LOG_PART_RECORD:
        if (log_page_get_record(&log->eeprom.buffer[2], &record) && record.sequence == entry->record.sequence) {
            entry->record = record;
            keeper->part = LOG_PART_R;
            event_log_begin_read(log, record.sequence, LOG_PART_R, now_us);
            return;
        }
        entry->state = OUTBOX_EMPTY; /* torn before it was ever sent, or overwritten: nothing to report */
        break;
    case LOG_PART_R:
        entry->state = OUTBOX_UNSIGNED;
        entry->unsaved = OUTBOX_SAVE_R | OUTBOX_SAVE_S;
        if (take_loaded_half(keeper, log, &keeper->signature_tag)) {
            entry->state = OUTBOX_LOADING;
            keeper->part = LOG_PART_S;
            event_log_begin_read(log, entry->record.sequence, LOG_PART_S, now_us);
            return;
        }
        break;
    default:
        if (take_loaded_half(keeper, log, &tag) && tag == keeper->signature_tag &&
            tag == log_page_signature_tag(&entry->record, entry->signature)) {
            entry->unsaved = 0;
            outbox_set_signed(entry, now_us);
        } else {
            entry->state = OUTBOX_UNSIGNED;
            entry->unsaved = OUTBOX_SAVE_R | OUTBOX_SAVE_S;
        }
        break;
    }
    keeper->job = KEEPER_IDLE;
}

static void take_failure(struct log_keeper *keeper, struct event_log *log) {
    if (keeper->job == KEEPER_LOAD) {
        keeper->entry->state = OUTBOX_EMPTY;
    }
    if (keeper->job == KEEPER_CURSOR) {
        log->is_cursor_dirty = true;
    }
    keeper->job = KEEPER_IDLE;
    keeper->failures++;
    if (keeper->failures == FAILURES_MAX) {
        log->state = LOG_ABSENT;
    }
}

static void take_ended(struct log_keeper *keeper, struct event_log *log, uint64_t now_us) {
    if (log->eeprom.status == EEPROM_FAILED) {
        take_failure(keeper, log);
        return;
    }
    keeper->failures = 0;
    if (keeper->job == KEEPER_LOAD) {
        take_loaded(keeper, log, now_us);
        return;
    }
    if (keeper->job == KEEPER_SAVE) {
        keeper->entry->unsaved = (uint8_t)(keeper->entry->unsaved & ~save_bits[keeper->part]);
        outbox_release(keeper->entry);
    }
    keeper->job = KEEPER_IDLE;
}

static bool start_save(struct log_keeper *keeper, struct event_log *log, struct outbox *outbox, uint64_t now_us) {
    struct outbox_entry *entry = outbox_next_unsaved(outbox);
    if (entry == NULL) {
        return false;
    }
    keeper->entry = entry;
    keeper->job = KEEPER_SAVE;
    keeper->part = LOG_PART_RECORD;
    while ((entry->unsaved & save_bits[keeper->part]) == 0) {
        keeper->part++;
    }
    event_log_begin_write(log, &entry->record, entry->signature, (enum log_part)keeper->part, now_us);
    return true;
}

static bool start_load(struct log_keeper *keeper, struct event_log *log, struct outbox *outbox, uint64_t now_us) {
    uint32_t sequence = event_log_next_unconfirmed(log, keeper->load_from);
    while (sequence != 0 && outbox_holds(outbox, sequence)) {
        sequence = event_log_next_unconfirmed(log, sequence + 1u);
    }
    keeper->load_from = sequence != 0 ? sequence : log->newest + 1u;
    struct outbox_entry *entry = sequence != 0 ? outbox_place_old(outbox) : NULL;
    if (entry == NULL) {
        return false;
    }
    keeper->load_from = sequence + 1u;
    *entry = (struct outbox_entry){.state = OUTBOX_LOADING, .record = {.sequence = sequence}};
    keeper->entry = entry;
    keeper->job = KEEPER_LOAD;
    keeper->part = LOG_PART_RECORD;
    event_log_begin_read(log, sequence, LOG_PART_RECORD, now_us);
    return true;
}

/* Without a log nothing can be saved: confirmed alerts leave at once. */
static void forget_pages(struct outbox *outbox) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        if (outbox->entries[i].state == OUTBOX_LOADING) {
            outbox->entries[i].state = OUTBOX_EMPTY;
        }
        if (outbox->entries[i].state == OUTBOX_CONFIRMED) {
            outbox->entries[i].state = OUTBOX_EMPTY;
        }
    }
}

uint64_t log_keeper_step(struct log_keeper *keeper, struct event_log *log, struct outbox *outbox, uint64_t now_us) {
    if (log->state == LOG_ABSENT) {
        forget_pages(outbox);
        return HAL_NEVER;
    }
    if (!event_log_is_idle(log)) {
        return HAL_NEVER;
    }
    if (keeper->job != KEEPER_IDLE) {
        take_ended(keeper, log, now_us);
        return now_us;
    }
    if (start_save(keeper, log, outbox, now_us)) {
        return now_us;
    }
    if (log->is_cursor_dirty) {
        keeper->job = KEEPER_CURSOR;
        event_log_begin_write_cursor(log, now_us);
        return now_us;
    }
    return start_load(keeper, log, outbox, now_us) ? now_us : HAL_NEVER;
}
