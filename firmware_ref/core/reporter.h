/*
 * From event to confirmed alert: counter and signature from the secure element, the frame to the modem, repeats until the
 * head-end confirms (SIG-1, COM-1, COM-3).
 */
#ifndef TBR_REPORTER_H
#define TBR_REPORTER_H

#include "core/event_log.h"
#include "core/event_queue.h"
#include "core/log_keeper.h"
#include "core/outbox.h"
#include "core/secure_element.h"

enum reporter_state {
    REPORTER_PROBING,
    REPORTER_IDLE,
    REPORTER_COUNTING,
    REPORTER_SEALING, /* what is to be signed is encrypted and hashed, without the secure element */
    REPORTER_SIGNING,
    REPORTER_WIPING,
    REPORTER_RESTING,
};
enum se_presence { SE_UNKNOWN, SE_PRESENT, SE_ABSENT };

struct reporter {
    struct secure_element se;
    struct outbox outbox;
    struct log_keeper keeper;
    struct alert_parties parties;
    struct outbox_entry *signing;
    uint64_t retry_at_us;
    uint32_t retry_us;
    uint64_t held_until_us; /* when the payload closes that events are held for (COM-5) */
    uint32_t chance;        /* state of the generator that spreads repeats (COM-6) */
    uint8_t frame[ALERT_FRAME_BYTES_MAX]; /* what is being made for the modem, or is on its way to it */
    struct alert_sealer sealer;           /* of the frame */
    uint8_t digest[32];
    uint64_t major_since_us; /* since when a major event has waited for its signature (COM-1) */
    uint64_t decision_at_us; /* when a sensor will have decided, at the latest; HAL_NEVER: none is about to */
    bool is_wipe_due; /* SIG-4: the key goes once what was to be signed with it is */
    uint8_t se_revision[4];
    uint8_t state;
    uint8_t presence;
    bool is_frame_out;  /* the modem is sending the frame */
    bool is_se_resting; /* put to sleep since its last use */
};

/* On zeroed memory, as meter_begin(). */
void reporter_begin(struct reporter *reporter, const struct alert_parties *parties, uint64_t now_us);
/* Moves everything on; returns when to call again. */
uint64_t reporter_step(struct reporter *reporter, struct event_queue *queue, struct event_log *log, struct bus *bus,
                       uint64_t now_us);
/* When the secure element will need the bus: the EEPROM leaves it free from then on (COM-1). */
uint64_t reporter_needs_bus_at_us(const struct reporter *reporter);
/* An APDU from the head-end: a confirmation ends the repeats of its alert, anything else is dropped. */
void reporter_take_apdu(struct reporter *reporter, struct event_log *log, const uint8_t *apdu, size_t length,
                        uint64_t now_us);

#endif
