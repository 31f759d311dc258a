/*
 * Moves alerts between the outbox and the log while the bus has time: saves new ones page by page, keeps the cursor, and
 * reads unconfirmed ones back after a reset or when the outbox has room again (LOG-2, COM-3).
 */
#ifndef TBR_LOG_KEEPER_H
#define TBR_LOG_KEEPER_H

#include "core/event_log.h"
#include "core/outbox.h"

enum keeper_job { KEEPER_IDLE, KEEPER_SAVE, KEEPER_CURSOR, KEEPER_LOAD };

struct log_keeper {
    struct outbox_entry *entry; /* what the access under way is for */
    uint32_t signature_tag;     /* of the half read first */
    uint32_t load_from;         /* sequences below it are in the outbox or could not be read */
    uint8_t job;
    uint8_t part;
    uint8_t failures;           /* in a row; the log is given up after a few */
};

/* Takes the ended access and starts the next; returns `now_us` when it did anything. */
uint64_t log_keeper_step(struct log_keeper *keeper, struct event_log *log, struct outbox *outbox, uint64_t now_us);
/* A confirmed or evicted alert may make room for one from the log. */
void log_keeper_rescan(struct log_keeper *keeper);

#endif
