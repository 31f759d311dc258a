/*
 * Moves alerts between the outbox and the log while the bus has time: saves new ones page by page and adds them to their
 * causes' states, keeps the cursor, reads unconfirmed ones back after a reset or when the outbox has room again (LOG-1,
 * LOG-2, COM-3), and reads the states for whoever shows them (LOG-3).
 */
#ifndef TBR_LOG_KEEPER_H
#define TBR_LOG_KEEPER_H

#include "core/cause_log.h"
#include "core/outbox.h"

enum keeper_job { KEEPER_IDLE, KEEPER_SAVE, KEEPER_CURSOR, KEEPER_LOAD, KEEPER_CATCH_UP, KEEPER_ADD, KEEPER_SHOW };

/* What a reader of the security log waits for. */
enum keeper_show { SHOW_NOTHING, SHOW_WANTED, SHOW_READY };

struct log_keeper {
    struct outbox_entry *entry; /* what the access under way is for; NULL while catching up */
    struct cause_log causes;
    uint32_t signature_tag;     /* of the half read first */
    uint8_t load_slot;          /* the next one to be looked at for an alert that waits */
    uint8_t load_left;          /* slots to look at until all have been */
    uint8_t job;
    uint8_t part;
    uint8_t failures;           /* in a row; the log is given up after a few */
    uint8_t show;
    uint8_t show_index;
    bool has_begun;             /* the newest record has been added to its state: a power cut may have come before */
};

/* Takes the ended access and starts the next; returns `now_us` when it did anything. */
uint64_t log_keeper_step(struct log_keeper *keeper, struct event_log *log, struct outbox *outbox, uint64_t now_us);
/* A confirmed or evicted alert may make room for one from the log. */
void log_keeper_rescan(struct log_keeper *keeper, const struct event_log *log);
/* Asks for a cause's state. log_keeper_take_shown() gives it when it has been read. */
void log_keeper_show(struct log_keeper *keeper, unsigned index);
/* NULL, or the state asked for, once and until the next step; a sequence of 0 says that there is none. */
const struct cause_state *log_keeper_take_shown(struct log_keeper *keeper);

#endif
