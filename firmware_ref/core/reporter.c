#include "core/reporter.h"

#include "core/bytes.h"
#include "core/crc.h"
#include "core/key_guard.h"
#include "core/severity.h"

/* COM-6: xorshift32. No secret hangs on it: it only has to differ from meter to meter and from boot to boot. */
static uint32_t take_chance(struct reporter *reporter) {
    uint32_t word = reporter->chance;
    word ^= word << 13;
    word ^= word >> 17;
    word ^= word << 5;
    reporter->chance = word;
    return word;
}

void reporter_begin(struct reporter *reporter, const struct alert_parties *parties, uint64_t now_us) {
    reporter->parties = *parties;
    reporter->chance = (crc32_ieee(parties->originator, SYSTEM_TITLE_BYTES) ^ (hal_boot_count() << 8)) | 1u;
    reporter->state = REPORTER_PROBING;
    reporter->is_se_resting = true;
    secure_element_reset(&reporter->se);
    secure_element_begin(&reporter->se, SE_REQUEST_INFO, NULL, now_us);
}

static void queue_now(struct event_queue *queue, enum event_code code, uint64_t now_us) {
    const struct event event = {.code = (uint8_t)code, .time = hal_utc_at(now_us)};
    event_queue_put(queue, &event);
}

/* The event stays where it is and the attempt is repeated, less and less often; a silence that lasts is an event itself. */
static void take_se_failure(struct reporter *reporter, struct event_queue *queue, uint64_t now_us) {
    reporter->retry_us = reporter->retry_us == 0 ? CONFIG_SE_RETRY_FIRST_US : 2u * reporter->retry_us;
    if (reporter->retry_us > CONFIG_SE_RETRY_MAX_US) {
        reporter->retry_us = CONFIG_SE_RETRY_MAX_US;
    }
    reporter->retry_at_us = now_us + reporter->retry_us;
    if (reporter->presence != SE_ABSENT && reporter->retry_us >= CONFIG_SE_ABSENT_RETRY_US) {
        reporter->presence = SE_ABSENT;
        queue_now(queue, EVENT_SECURE_ELEMENT_FAULT, now_us);
    }
    reporter->is_se_resting = true;
    reporter->signing = NULL;
    reporter->state = REPORTER_IDLE;
}

static void start_signing(struct reporter *reporter, struct outbox_entry *entry) {
    reporter->signing = entry;
    reporter->state = REPORTER_SEALING;
}

/* SEAL-4: what takes half a millisecond is left to the next turn of the main loop after a sensor's sample or the like. */
static bool is_turn_long(uint64_t now_us) { return hal_time_us() - now_us > CONFIG_TURN_SHARE_US; }

/* A step of making the frame of the payload that `lead` leads; true once it is made. */
static bool seal(struct reporter *reporter, const struct outbox_entry *lead, uint64_t now_us) {
    if (is_turn_long(now_us)) {
        return false;
    }
    struct alert_payload payload;
    outbox_gather(&reporter->outbox, lead, &payload);
    return alert_seal(&reporter->sealer, reporter->frame, &reporter->parties, &payload);
}

/* An alert that is signed goes first: its frame is made, or nearly so. */
static uint64_t step_sealing(struct reporter *reporter, uint64_t now_us) {
    uint64_t due_us = HAL_NEVER;
    const struct outbox_entry *due = outbox_next_due(&reporter->outbox, now_us, &due_us);
    if (reporter->is_frame_out || (due != NULL && due->repeat_us == 0)) {
        return HAL_NEVER; /* the port's interrupt calls again, or send_due() wants to go on itself */
    }
    if (seal(reporter, reporter->signing, now_us) && alert_digest(&reporter->sealer, reporter->frame, reporter->digest)) {
        reporter->state = REPORTER_SIGNING;
        reporter->is_se_resting = false;
        secure_element_begin(&reporter->se, SE_REQUEST_SIGN, reporter->digest, now_us);
    }
    return now_us;
}

/*
 * SIG-1: the counter is now the event's; from here the alert has its content, and its log page can be written. It is held for
 * its payload: a minor event for others to come, a major one only while others that are here already are counted (COM-5).
 */
static void take_counter(struct reporter *reporter, struct event_queue *queue, struct event_log *log, uint64_t now_us) {
    const uint8_t *answer = secure_element_answer(&reporter->se);
    const struct event *event = event_queue_next(queue);
    struct outbox_entry *entry = outbox_place_new(&reporter->outbox);
    reporter->state = REPORTER_IDLE;
    if (entry == NULL || event == NULL) {
        return; /* start_work() asks for both before it counts, and nothing takes them away meanwhile */
    }
    bool has_major = false;
    if (outbox_count_held(&reporter->outbox, &has_major) == 0) {
        reporter->held_until_us = now_us + CONFIG_MINOR_WINDOW_US;
    }
    outbox_evict(&reporter->outbox, entry);
    *entry = (struct outbox_entry){
        .state = OUTBOX_HELD,
        .unsaved = OUTBOX_SAVE_RECORD | OUTBOX_SAVE_R | OUTBOX_SAVE_S,
        .record = {.sequence = event_log_take_sequence(log),
                   .counter = (uint32_t)answer[0] | (uint32_t)answer[1] << 8 | (uint32_t)answer[2] << 16 |
                              (uint32_t)answer[3] << 24,
                   .event_time = event->time,
                   .sent_time = hal_utc_at(now_us),
                   .count = event->count,
                   .code = event->code}};
    event_queue_drop_next(queue);
}

static void take_se_answer(struct reporter *reporter, struct event_queue *queue, struct event_log *log, uint64_t now_us) {
    reporter->retry_us = 0;
    if (reporter->presence == SE_ABSENT) {
        queue_now(queue, EVENT_SECURE_ELEMENT_BACK, now_us);
    }
    reporter->presence = SE_PRESENT;
    switch (reporter->state) {
    case REPORTER_PROBING:
        put_octets(reporter->se_revision, secure_element_answer(&reporter->se), sizeof reporter->se_revision);
        reporter->is_se_resting = false;
        reporter->state = REPORTER_IDLE;
        break;
    case REPORTER_COUNTING:
        take_counter(reporter, queue, log, now_us);
        break;
    case REPORTER_SIGNING:
        put_octets(reporter->signing->signature, secure_element_answer(&reporter->se), ALERT_SIGNATURE_BYTES);
        outbox_set_signed(reporter->signing, now_us);
        reporter->signing = NULL;
        reporter->state = REPORTER_IDLE;
        break;
    case REPORTER_WIPING:
        hal_key_page_wipe();
        reporter->is_wipe_due = false;
        hal_keep(HAL_KEPT_KEYS_WIPED, KEYS_WIPED);
        reporter->state = REPORTER_IDLE;
        break;
    default:
        reporter->is_se_resting = true;
        reporter->state = REPORTER_IDLE;
        break;
    }
}

/* COM-5: the next event joins the payload that is being made, unless a major one would have to wait for a minor one. */
static bool is_next_to_count(struct reporter *reporter, const struct event_queue *queue, unsigned held, bool has_major) {
    const struct event *event = event_queue_next(queue);
    return event != NULL && held < CONFIG_PAYLOAD_EVENTS && !(has_major && severity_is_minor(event->code)) &&
           outbox_place_new(&reporter->outbox) != NULL;
}

/* COM-1: one that had to wait for another's signature has no time left to wait for a decision as well. */
static void note_major(struct reporter *reporter, const struct event_queue *queue, uint64_t now_us) {
    bool has_major = false;
    (void)outbox_count_held(&reporter->outbox, &has_major);
    const struct event *event = event_queue_next(queue);
    if (!has_major && (event == NULL || severity_is_minor(event->code))) {
        reporter->major_since_us = HAL_NEVER;
    } else {
        reporter->major_since_us = earlier_of(reporter->major_since_us, now_us);
    }
}

/*
 * COM-1: a signature keeps the secure element for 138 ms and can't be broken off. While a sensor is about to decide, who has
 * time left waits, and both share the next one. Returns until when at most.
 */
static uint64_t put_off_until_us(const struct reporter *reporter, unsigned held, bool has_major, uint64_t now_us) {
    const bool is_decision_near = reporter->decision_at_us <= now_us + CONFIG_DECISION_WAIT_US;
    if (!is_decision_near || held == CONFIG_PAYLOAD_EVENTS || !outbox_has_slack(&reporter->outbox)) {
        return 0;
    }
    const uint64_t since_us = has_major ? reporter->major_since_us : reporter->held_until_us;
    return earlier_of(reporter->decision_at_us, since_us + CONFIG_DECISION_WAIT_US);
}

/* New events first (COM-1), then alerts whose signature was lost, then rest: the chip sleeps when there is nothing to do. */
static uint64_t start_work(struct reporter *reporter, struct event_queue *queue, struct event_log *log, uint64_t now_us) {
    if (now_us < reporter->retry_at_us) {
        return reporter->retry_at_us;
    }
    bool has_major = false;
    const unsigned held = outbox_count_held(&reporter->outbox, &has_major);
    /* Before the scan has ended the sequence is not known; it takes 0.2 s after a reset. */
    const bool has_event = log->state != LOG_SCANNING && event_queue_next(queue) != NULL;
    struct outbox_entry *unsigned_entry = outbox_next_unsigned(&reporter->outbox);
    if (has_event && is_next_to_count(reporter, queue, held, has_major)) {
        reporter->state = REPORTER_COUNTING;
        reporter->is_se_resting = false;
        secure_element_begin(&reporter->se, SE_REQUEST_COUNT, NULL, now_us);
    } else if (held > 0 && put_off_until_us(reporter, held, has_major, now_us) > now_us) {
        return put_off_until_us(reporter, held, has_major, now_us);
    } else if (held > 0 && (has_major || has_event || now_us >= reporter->held_until_us)) {
        start_signing(reporter, outbox_close_payload(&reporter->outbox));
    } else if (unsigned_entry != NULL) {
        start_signing(reporter, unsigned_entry);
    } else if (reporter->is_wipe_due && (event_queue_next(queue) == NULL || log->state == LOG_ABSENT)) {
        reporter->state = REPORTER_WIPING;
        reporter->is_se_resting = false;
        secure_element_begin(&reporter->se, SE_REQUEST_WIPE, NULL, now_us);
    } else if (reporter->presence == SE_UNKNOWN) {
        reporter->state = REPORTER_PROBING;
        secure_element_begin(&reporter->se, SE_REQUEST_INFO, NULL, now_us);
    } else if (!reporter->is_se_resting) {
        reporter->state = REPORTER_RESTING;
        secure_element_begin(&reporter->se, SE_REQUEST_SLEEP, NULL, now_us);
    } else {
        return held > 0 ? reporter->held_until_us : HAL_NEVER;
    }
    return now_us;
}

static uint64_t step_secure_element(struct reporter *reporter, struct event_queue *queue, struct event_log *log,
                                    struct bus *bus, uint64_t now_us) {
    note_major(reporter, queue, now_us);
    if (reporter->state == REPORTER_IDLE) {
        return start_work(reporter, queue, log, now_us);
    }
    if (reporter->state == REPORTER_SEALING) {
        return step_sealing(reporter, now_us);
    }
    const uint64_t next_us = secure_element_step(&reporter->se, bus, now_us);
    if (reporter->se.status == SE_WORKING) {
        return next_us;
    }
    if (reporter->se.status == SE_FINISHED) {
        take_se_answer(reporter, queue, log, now_us);
    } else {
        take_se_failure(reporter, queue, now_us);
    }
    /* At once: the EEPROM takes the bus when nobody needs it (COM-1). */
    return reporter->state == REPORTER_IDLE ? start_work(reporter, queue, log, now_us) : now_us;
}

/*
 * COM-1: whether a repeat would keep the frame from an alert that is about to be signed or sent for the first time. While the
 * secure element fails, none is.
 */
static bool is_frame_wanted(const struct reporter *reporter, uint64_t now_us) {
    if (reporter->state == REPORTER_SEALING || reporter->retry_us > 0) {
        return reporter->state == REPORTER_SEALING;
    }
    if (reporter->state == REPORTER_SIGNING) {
        return secure_element_needs_bus_at_us(&reporter->se) < now_us + CONFIG_REPEAT_ROOM_US;
    }
    bool has_major = false;
    (void)outbox_count_held(&reporter->outbox, &has_major);
    return has_major || reporter->state == REPORTER_COUNTING;
}

/*
 * COM-1, COM-3: the frame is what was signed, with its signature. After another one it is made anew from the record, so a repeat has
 * the same bytes as the first; of what is being signed it is made again at once, in the secure element's time.
 */
static uint64_t send_due(struct reporter *reporter, uint64_t now_us) {
    uint64_t due_us = HAL_NEVER;
    struct outbox_entry *entry = outbox_next_due(&reporter->outbox, now_us, &due_us);
    if (entry != NULL && entry->repeat_us > 0 && is_frame_wanted(reporter, now_us)) {
        entry = NULL;
        due_us = HAL_NEVER; /* whatever ends this calls again */
    }
    const struct outbox_entry *next = entry == NULL && reporter->state == REPORTER_SIGNING ? reporter->signing : entry;
    if (next != NULL && !reporter->is_frame_out && !seal(reporter, next, now_us)) {
        return now_us;
    }
    if (entry == NULL) {
        return due_us;
    }
    if (reporter->is_frame_out || hal_serial_is_sending(HAL_PORT_MODEM)) {
        return HAL_NEVER; /* the port's interrupt calls again at its end */
    }
    const size_t length = alert_put_signature(&reporter->sealer, reporter->frame, entry->signature);
    hal_serial_send(HAL_PORT_MODEM, reporter->frame, length);
    reporter->is_frame_out = true;
    outbox_set_sent(entry, take_chance(reporter), now_us);
    return now_us;
}

/*
 * SIG-4: what was signed in its encrypted form can only be repeated in that, so the RAM has the wiped keys until it is confirmed or
 * the supply is cut; later alerts go in clear.
 */
static void forget_keys(struct reporter *reporter, struct event_log *log) {
    if (reporter->parties.keys.mark != 0 && hal_kept(HAL_KEPT_KEYS_WIPED) == KEYS_WIPED &&
        reporter->state != REPORTER_SIGNING && !outbox_has_signed(&reporter->outbox)) {
        reporter->parties.keys = (struct cipher_keys){0};
        reporter->sealer = (struct alert_sealer){0}; /* what was made of the keys goes with them */
        log->key_mark = 0;
    }
}

uint64_t reporter_step(struct reporter *reporter, struct event_queue *queue, struct event_log *log, struct bus *bus,
                       uint64_t now_us) {
    reporter->is_frame_out = reporter->is_frame_out && hal_serial_is_sending(HAL_PORT_MODEM);
    uint64_t next_us = step_secure_element(reporter, queue, log, bus, now_us);
    forget_keys(reporter, log);
    next_us = earlier_of(next_us, send_due(reporter, now_us));
    if (is_turn_long(now_us)) {
        return now_us;
    }
    return earlier_of(next_us, log_keeper_step(&reporter->keeper, log, &reporter->outbox, now_us));
}

uint64_t reporter_needs_bus_at_us(const struct reporter *reporter) {
    if (reporter->state == REPORTER_SEALING) {
        return reporter->is_frame_out ? HAL_NEVER : 0; /* nearly signed: a page of the log would hold the signature up */
    }
    return secure_element_needs_bus_at_us(&reporter->se);
}

static void confirm_entry(struct event_log *log, struct outbox_entry *entry) {
    entry->state = OUTBOX_CONFIRMED;
    event_log_confirm(log, entry->record.sequence);
    outbox_release(entry);
}

void reporter_take_apdu(struct reporter *reporter, struct event_log *log, const uint8_t *apdu, size_t length,
                        uint64_t now_us) {
    struct confirm confirm;
    if (!confirm_parse(apdu, length, &confirm)) {
        return;
    }
    struct outbox_entry *lead = outbox_find_confirmed(&reporter->outbox, &confirm);
    if (lead == NULL) {
        return;
    }
    for (unsigned i = 0; i < CONFIG_OUTBOX_ALERTS; i++) {
        struct outbox_entry *entry = &reporter->outbox.entries[i];
        if (entry != lead && outbox_is_in_payload_of(&reporter->outbox, entry, lead)) {
            confirm_entry(log, entry);
        }
    }
    confirm_entry(log, lead);
    outbox_hasten(&reporter->outbox, take_chance(reporter), now_us);
    log_keeper_rescan(&reporter->keeper, log);
}
