/*
 * What the log knows of each cause, however often it was detected: one state with first and last time and a count (LOG-1).
 * Reads a state's two pages, adds an alert to the newer one and writes it over the older. An alert is added once, by its
 * sequence, so a power cut between record and state is made good by adding the newest record again (LOG-2).
 */
#ifndef TBR_CAUSE_LOG_H
#define TBR_CAUSE_LOG_H

#include "core/event_log.h"

enum cause_log_step { CAUSE_LOG_FIRST_COPY, CAUSE_LOG_SECOND_COPY, CAUSE_LOG_WRITING };

struct cause_log {
    struct cause_state state;   /* the newer copy, then with the alert added */
    struct alert_record record; /* to be added; code 0 when the state is only read */
    uint8_t index;
    uint8_t copy; /* the page that `state` was read from */
    uint8_t step;
};

/* Only while the log is idle. A record of no known cause changes nothing: false. */
bool cause_log_begin_add(struct cause_log *causes, struct event_log *log, const struct alert_record *record,
                         uint64_t now_us);
void cause_log_begin_read(struct cause_log *causes, struct event_log *log, unsigned index, uint64_t now_us);
/* Takes the access that has ended and starts the next; true when there is none, and `state` is what the log holds. */
bool cause_log_take(struct cause_log *causes, struct event_log *log, uint64_t now_us);

#endif
