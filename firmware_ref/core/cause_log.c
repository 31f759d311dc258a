#include "core/cause_log.h"

#include "core/causes.h"

static void begin(struct cause_log *causes, struct event_log *log, unsigned index, uint64_t now_us) {
    causes->state = (struct cause_state){.code = cause_code(index)};
    causes->index = (uint8_t)index;
    causes->copy = 1; /* nothing read yet: the first write goes to page 0 */
    causes->step = CAUSE_LOG_FIRST_COPY;
    event_log_begin_read_state(log, index, 0, now_us);
}

bool cause_log_begin_add(struct cause_log *causes, struct event_log *log, const struct alert_record *record,
                         uint64_t now_us) {
    const unsigned index = cause_index(record->code);
    if (index == CAUSE_NONE) {
        return false;
    }
    causes->record = *record;
    begin(causes, log, index, now_us);
    return true;
}

void cause_log_begin_read(struct cause_log *causes, struct event_log *log, unsigned index, uint64_t now_us) {
    causes->record.code = 0;
    begin(causes, log, index, now_us);
}

static void take_copy(struct cause_log *causes, struct event_log *log) {
    struct cause_state found;
    if (log_page_get_state(eeprom_page(&log->eeprom), &found) && found.code == causes->state.code &&
        found.sequence > causes->state.sequence) {
        causes->state = found;
        causes->copy = causes->step == CAUSE_LOG_SECOND_COPY ? 1 : 0;
    }
}

/* A detection of a state that is there already is counted; the end of one is no detection. */
static void add(struct cause_state *state, const struct alert_record *record) {
    state->sequence = record->sequence;
    if (cause_is_end(record->code)) {
        state->is_active = false;
        state->ended = record->event_time;
        return;
    }
    if (state->count == 0) {
        state->first = record->event_time;
    }
    state->count += record->count;
    state->last = record->event_time;
    state->is_active = true;
}

bool cause_log_take(struct cause_log *causes, struct event_log *log, uint64_t now_us) {
    if (causes->step == CAUSE_LOG_WRITING) {
        return true;
    }
    take_copy(causes, log);
    if (causes->step == CAUSE_LOG_FIRST_COPY) {
        causes->step = CAUSE_LOG_SECOND_COPY;
        event_log_begin_read_state(log, causes->index, 1, now_us);
        return false;
    }
    if (causes->record.code == 0 || causes->record.sequence <= causes->state.sequence) {
        return true;
    }
    add(&causes->state, &causes->record);
    causes->step = CAUSE_LOG_WRITING;
    event_log_begin_write_state(log, &causes->state, causes->copy == 0 ? 1u : 0u, now_us);
    return false;
}
