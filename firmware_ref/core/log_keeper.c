#include "core/log_keeper.h"

/* An EEPROM that fails this often in a row is treated as absent until the next reset. */
#define FAILURES_MAX 8u

static const uint8_t save_bits[] = {
    [LOG_PART_RECORD] = OUTBOX_SAVE_RECORD, [LOG_PART_R] = OUTBOX_SAVE_R, [LOG_PART_S] = OUTBOX_SAVE_S};

void log_keeper_rescan(struct log_keeper *keeper, const struct event_log *log) {
    keeper->load_slot = (uint8_t)event_log_slot(log->newest + 1u); /* the oldest one first */
    keeper->load_left = CONFIG_LOG_ENTRIES;
}

void log_keeper_show(struct log_keeper *keeper, unsigned index) {
    keeper->show = SHOW_WANTED;
    keeper->show_index = (uint8_t)index;
}

const struct cause_state *log_keeper_take_shown(struct log_keeper *keeper) {
    if (keeper->show != SHOW_READY) {
        return NULL;
    }
    keeper->show = SHOW_NOTHING;
    return &keeper->causes.state;
}

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
        if (log_page_get_record(&log->eeprom.buffer[2], &record) &&
            event_log_slot(record.sequence) == event_log_slot(entry->record.sequence)) {
            entry->record = record;
            keeper->part = LOG_PART_R;
            event_log_begin_read(log, event_log_slot(record.sequence), LOG_PART_R, now_us);
            return;
        }
        /* Torn before it was ever sent: nothing to report. */
        event_log_forget(log, event_log_slot(entry->record.sequence));
        entry->state = OUTBOX_EMPTY;
        break;
    case LOG_PART_R:
        entry->state = OUTBOX_UNSIGNED;
        entry->unsaved = OUTBOX_SAVE_R | OUTBOX_SAVE_S;
        if (take_loaded_half(keeper, log, &keeper->signature_tag)) {
            entry->state = OUTBOX_LOADING;
            keeper->part = LOG_PART_S;
            event_log_begin_read(log, event_log_slot(entry->record.sequence), LOG_PART_S, now_us);
            return;
        }
        break;
    default:
        if (take_loaded_half(keeper, log, &tag) && tag == keeper->signature_tag &&
            tag == log_page_signature_tag(&entry->record, entry->signature, log->key_mark)) {
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

static void take_saved(struct log_keeper *keeper) {
    struct outbox_entry *entry = keeper->entry;
    entry->unsaved = (uint8_t)(entry->unsaved & ~save_bits[keeper->part]);
    if (keeper->part == LOG_PART_RECORD) {
        entry->unsaved |= OUTBOX_SAVE_STATE;
    }
    outbox_release(entry);
}

static void end_add(struct log_keeper *keeper) {
    if (keeper->entry != NULL) {
        keeper->entry->unsaved = (uint8_t)(keeper->entry->unsaved & ~OUTBOX_SAVE_STATE);
        outbox_release(keeper->entry);
    }
    keeper->has_begun = true;
    keeper->job = KEEPER_IDLE;
}

static void start_add(struct log_keeper *keeper, struct event_log *log, const struct alert_record *record, uint64_t now_us) {
    keeper->job = KEEPER_ADD;
    if (!cause_log_begin_add(&keeper->causes, log, record, now_us)) {
        end_add(keeper);
    }
}

/* The newest record, unless it was torn: then it was never sent. */
static void take_newest(struct log_keeper *keeper, struct event_log *log, uint64_t now_us) {
    struct alert_record record;
    if (log_page_get_record(&log->eeprom.buffer[2], &record) && record.sequence == log->newest) {
        start_add(keeper, log, &record, now_us);
    } else {
        end_add(keeper);
    }
}

static void take_ended(struct log_keeper *keeper, struct event_log *log, uint64_t now_us) {
    if (log->eeprom.status == EEPROM_FAILED) {
        take_failure(keeper, log);
        return;
    }
    keeper->failures = 0;
    switch (keeper->job) {
    case KEEPER_LOAD:
        take_loaded(keeper, log, now_us);
        return;
    case KEEPER_CATCH_UP:
        take_newest(keeper, log, now_us);
        return;
    case KEEPER_ADD:
        if (cause_log_take(&keeper->causes, log, now_us)) {
            end_add(keeper);
        }
        return;
    case KEEPER_SHOW:
        if (!cause_log_take(&keeper->causes, log, now_us)) {
            return;
        }
        keeper->show = SHOW_READY;
        break;
    case KEEPER_SAVE:
        take_saved(keeper);
        break;
    default:
        break;
    }
    keeper->job = KEEPER_IDLE;
}

/* LOG-2: an entry that the new record overwrites has lost its place; it is no longer repeated either. */
static void drop_overwritten(struct outbox *outbox, const struct outbox_entry *new) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &outbox->entries[i];
        const bool has_its_place = event_log_slot(entry->record.sequence) == event_log_slot(new->record.sequence);
        if (entry != new && has_its_place && entry->state == OUTBOX_SIGNED) {
            entry->state = OUTBOX_EMPTY;
        }
    }
}

static bool start_save(struct log_keeper *keeper, struct event_log *log, struct outbox *outbox, uint64_t now_us) {
    struct outbox_entry *entry = outbox_next_unsaved(outbox);
    if (entry == NULL) {
        return false;
    }
    keeper->entry = entry;
    if ((entry->unsaved & OUTBOX_SAVE_STATE) != 0) {
        start_add(keeper, log, &entry->record, now_us);
        return true;
    }
    keeper->job = KEEPER_SAVE;
    keeper->part = LOG_PART_RECORD;
    while ((entry->unsaved & save_bits[keeper->part]) == 0) {
        keeper->part++;
    }
    if (keeper->part == LOG_PART_RECORD) {
        drop_overwritten(outbox, entry);
    }
    event_log_begin_write(log, &entry->record, entry->signature, (enum log_part)keeper->part, now_us);
    return true;
}

/* A reset between record and state has left the newest record out of its cause's state (LOG-1). */
static void start_catch_up(struct log_keeper *keeper, struct event_log *log, uint64_t now_us) {
    log_keeper_rescan(keeper, log);
    keeper->entry = NULL;
    keeper->job = KEEPER_CATCH_UP;
    event_log_begin_read(log, event_log_slot(log->newest), LOG_PART_RECORD, now_us);
}

static bool find_waiting(struct log_keeper *keeper, const struct event_log *log, const struct outbox *outbox) {
    while (keeper->load_left > 0) {
        if (event_log_is_waiting(log, keeper->load_slot) && !outbox_holds(outbox, keeper->load_slot)) {
            return true;
        }
        keeper->load_left--;
        keeper->load_slot = (uint8_t)event_log_slot(keeper->load_slot + 1u);
    }
    return false;
}

static bool start_load(struct log_keeper *keeper, struct event_log *log, struct outbox *outbox, uint64_t now_us) {
    if (!find_waiting(keeper, log, outbox)) {
        return false;
    }
    struct outbox_entry *entry = outbox_place_old(outbox);
    if (entry == NULL) {
        return false;
    }
    const unsigned slot = keeper->load_slot;
    *entry = (struct outbox_entry){.state = OUTBOX_LOADING, .record = {.sequence = slot}};
    keeper->entry = entry;
    keeper->job = KEEPER_LOAD;
    keeper->part = LOG_PART_RECORD;
    event_log_begin_read(log, slot, LOG_PART_RECORD, now_us);
    return true;
}

static bool start_show(struct log_keeper *keeper, struct event_log *log, uint64_t now_us) {
    if (keeper->show != SHOW_WANTED) {
        return false;
    }
    keeper->job = KEEPER_SHOW;
    cause_log_begin_read(&keeper->causes, log, keeper->show_index, now_us);
    return true;
}

/* Without a log nothing can be saved: confirmed alerts leave at once. */
static void forget_pages(struct outbox *outbox) {
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
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
    if (!keeper->has_begun) {
        start_catch_up(keeper, log, now_us);
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
    const bool has_begun_any = start_load(keeper, log, outbox, now_us) || start_show(keeper, log, now_us);
    return has_begun_any ? now_us : HAL_NEVER;
}
