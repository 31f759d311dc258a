/*
 * Alerts in RAM between counter and confirmation: which is sent next, which is saved, which may give way (COM-3).
 * The log holds all unconfirmed alerts; the outbox holds the few that are being repeated now.
 */
#ifndef TBR_OUTBOX_H
#define TBR_OUTBOX_H

#include "config.h"
#include "core/alert_record.h"
#include "dlms/alert.h"
#include "dlms/confirm.h"

enum outbox_state {
    OUTBOX_EMPTY,
    OUTBOX_LOADING,   /* being read back from the log */
    OUTBOX_UNSIGNED,  /* waits for the secure element */
    OUTBOX_SIGNED,    /* sent, and repeated until confirmed */
    OUTBOX_CONFIRMED, /* waits only for its pages to be saved */
    OUTBOX_HELD,      /* counted, waits for the others of its payload (COM-5) */
    OUTBOX_JOINED,    /* reported in the payload of the entry `lead` */
};

/* Pages of the entry that the log does not hold yet. */
#define OUTBOX_SAVE_RECORD 1u
#define OUTBOX_SAVE_R 2u
#define OUTBOX_SAVE_S 4u
#define OUTBOX_SAVE_STATE 8u /* not a page of its own: the cause's state, once the record is saved */

struct outbox_entry {
    struct alert_record record;
    uint8_t signature[ALERT_SIGNATURE_BYTES];
    uint64_t send_at_us;
    uint32_t repeat_us;
    uint8_t state;
    uint8_t unsaved;
    uint8_t lead; /* JOINED: index of the entry that has the payload's signature */
};

struct outbox {
    struct outbox_entry entries[CONFIG_OUTBOX_ALERTS];
};

/* A place for a new event: an empty one, else that of the newest saved alert, which the log gives back later; or NULL. */
struct outbox_entry *outbox_place_new(struct outbox *outbox);
/* A place for an alert from the log; NULL while only the one kept for a new event is left. */
struct outbox_entry *outbox_place_old(struct outbox *outbox);
/* Whether the log's entry in that place of the ring is here. */
bool outbox_holds(const struct outbox *outbox, unsigned slot);
/* The unsigned alert of the lowest sequence, or NULL. */
struct outbox_entry *outbox_next_unsigned(struct outbox *outbox);
/* The signed alert to send now: the one due of the lowest sequence; NULL with the time of the next in due_us. */
struct outbox_entry *outbox_next_due(struct outbox *outbox, uint64_t now_us, uint64_t *due_us);
/* The alert that has pages to save, or NULL: records and their states first, in the order of their sequences. */
struct outbox_entry *outbox_next_unsaved(struct outbox *outbox);
/* The alert this confirmation fits, in invoke-id and date-time, or NULL (a late duplicate confirms nothing else). */
struct outbox_entry *outbox_find_confirmed(struct outbox *outbox, const struct confirm *confirm);
/* Signed now: due at once (after the configured hold). */
void outbox_set_signed(struct outbox_entry *entry, uint64_t now_us);
/* Sent now: due again later, twice as long each time, and by `chance` up to a half longer (COM-6). */
void outbox_set_sent(struct outbox_entry *entry, uint32_t chance, uint64_t now_us);
/* The head-end answers: what has been repeated is due again soon, `chance` after now (COM-3). */
void outbox_hasten(struct outbox *outbox, uint32_t chance, uint64_t now_us);
/* Empties the entry when it is confirmed and nothing is left to save. */
void outbox_release(struct outbox_entry *entry);

/* Whether a signed alert waits for its confirmation. */
bool outbox_has_signed(const struct outbox *outbox);

/* COM-5. What waits for a payload: how many, and whether a major one is among them. */
unsigned outbox_count_held(const struct outbox *outbox, bool *has_major);
/* COM-1: whether each of them can wait and still be in time. */
bool outbox_has_slack(const struct outbox *outbox);
/* The held ones become one payload, led by the one of the highest counter; NULL when none is held. */
struct outbox_entry *outbox_close_payload(struct outbox *outbox);
/* The records of the payload that `lead` leads, in the order of their counters. */
void outbox_gather(const struct outbox *outbox, const struct outbox_entry *lead, struct alert_payload *payload);
bool outbox_is_in_payload_of(const struct outbox *outbox, const struct outbox_entry *entry, const struct outbox_entry *lead);
/* Makes the place empty; the log holds what was there. */
void outbox_evict(struct outbox *outbox, struct outbox_entry *place);

#endif
