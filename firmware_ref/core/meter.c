#include "core/meter.h"

#include "config.h"
#include "core/bytes.h"
#include "core/parameters.h"

/* SEAL-1: each lasting change becomes one event, with the time of its first edge. */
static void queue_change(struct meter *meter, const struct seal_change *change) {
    const struct event event = {.code = change->open ? EVENT_CASE_OPENED : EVENT_CASE_CLOSED,
                                .time = hal_utc_at(change->first_edge_us)};
    event_queue_put(&meter->queue, &event);
}

static void queue_storm(struct meter *meter, enum event_code code, uint64_t time_us) {
    const struct event event = {.code = (uint8_t)code, .time = hal_utc_at(time_us)};
    event_queue_put(&meter->queue, &event);
}

/* SEAL-2, TILT-1, TILT-2: in force at once. */
static void apply_limits(struct meter *meter) {
    const struct tamper_limits *limits = &meter->limits;
    meter->seal.debounce_us = 1000u * (meter->storm.is_present ? limits->storm_debounce_ms : limits->debounce_ms);
    motion_set_limits(&meter->motion, limits);
}

/* Kept before it is in force; who asks for what is in force already changes nothing. */
static void set_limits(struct meter *meter, const struct tamper_limits *wanted, uint64_t now_us) {
    const uint32_t word = limits_pack(wanted);
    if (word != limits_pack(&meter->limits)) {
        const struct event event = {.code = EVENT_CONFIGURATION_CHANGED, .time = hal_utc_at(now_us)};
        hal_keep(HAL_KEPT_LIMITS, word);
        meter->limits = *wanted;
        apply_limits(meter);
        event_queue_put(&meter->queue, &event);
    }
}

/* SEAL-3: logged once, with its end; the debounce time is longer meanwhile. */
static void take_storm_edge(struct meter *meter, uint64_t time_us) {
    if (storm_take_edge(&meter->storm, time_us)) {
        meter->seal.debounce_us = meter->limits.storm_debounce_ms * 1000u;
        queue_storm(meter, EVENT_EDGE_STORM, meter->storm.first_us);
    }
}

static uint64_t step_storm(struct meter *meter, uint64_t now_us) {
    if (storm_sample(&meter->storm, now_us)) {
        meter->seal.debounce_us = meter->limits.debounce_ms * 1000u;
        queue_storm(meter, EVENT_EDGE_STORM_ENDED, meter->storm.last_us);
    }
    return storm_deadline_us(&meter->storm);
}

static uint64_t step_seal(struct meter *meter, uint64_t now_us) {
    struct hal_edge edge;
    struct seal_change change;
    while (hal_case_take_edge(&edge)) {
        take_storm_edge(meter, edge.time_us);
        if (seal_take_edge(&meter->seal, edge.time_us, edge.open, &change)) {
            queue_change(meter, &change);
        }
    }
    if (seal_sample(&meter->seal, now_us, &change)) {
        queue_change(meter, &change);
    }
    return seal_deadline_us(&meter->seal);
}

static void step_modem(struct meter *meter, uint64_t now_us) {
    uint8_t octet = 0;
    while (hal_serial_take(HAL_PORT_MODEM, &octet)) {
        if (modem_link_take(&meter->modem, octet, now_us)) {
            size_t length = 0;
            const uint8_t *apdu = modem_link_apdu(&meter->modem, &length);
            reporter_take_apdu(&meter->reporter, &meter->log, apdu, length, now_us);
            head_end_take_apdu(&meter->head_end, &meter->queue, apdu, length, now_us);
        }
    }
}

/* LOG-3: a state of the log, if a reader waits for one. Without a log the block ends. */
static void feed_log_reader(struct meter *meter, uint64_t now_us) {
    struct log_keeper *keeper = &meter->reporter.keeper;
    if (meter->log.state == LOG_ABSENT) {
        readout_take_state(&meter->readout, NULL, now_us);
        return;
    }
    const struct cause_state *state = log_keeper_take_shown(keeper);
    if (state != NULL) {
        readout_take_state(&meter->readout, state, now_us);
    }
    if (readout_wants_state(&meter->readout)) {
        log_keeper_show(keeper, meter->readout.log.index);
    }
}

static uint64_t step_readout(struct meter *meter, uint64_t now_us) {
    struct readout *readout = &meter->readout;
    if (readout_listen(readout, now_us)) {
        if (readout->is_log) {
            readout_begin_log(readout, meter->log.state != LOG_ABSENT, meter->log.newest);
        } else {
            readout->values.clock = hal_utc_at(now_us);
            readout->values.status = meter->status.word;
            sensors_read_out(&meter->sensors, &readout->values);
        }
        /* TILT-1: only with the case open, which is an event of its own: nobody installs a meter anew unseen. */
        if (readout->wants_install && meter->seal.stable_open) {
            motion_install(&meter->motion, now_us);
        }
    }
    feed_log_reader(meter, now_us);
    return readout_step(readout, meter->reporter.parties.originator, now_us);
}

/* COM-2: after the reporter, so that an alert that is due has the line first. */
static uint64_t step_billing(struct meter *meter, uint64_t now_us) {
    const uint32_t *values = meter->sensors.front_end.values;
    const struct billing_values billing = {.line_mA = values[CHANNEL_LINE_CURRENT] / 1000u,
                                           .voltage_mV = values[CHANNEL_VOLTAGE] / 1000u};
    return head_end_step(&meter->head_end, &billing, now_us);
}

/* LOG-2: alerts that gave way to newer ones before anyone had confirmed them. */
static void report_loss(struct meter *meter, uint64_t now_us) {
    const uint16_t lost = event_log_take_loss(&meter->log);
    if (lost > 0) {
        const struct event event = {.code = EVENT_EVENTS_DROPPED, .count = lost, .time = hal_utc_at(now_us)};
        event_queue_put(&meter->queue, &event);
    }
}

static uint32_t watched_status(const struct meter *meter) {
    return sensors_status(&meter->sensors) | motion_status(&meter->motion);
}

/* MAG-2: brought up to date before anything can ask for it. */
static void update_status(struct meter *meter) {
    meter->watched_bits = watched_status(meter);
    uint32_t bits = meter->watched_bits;
    bits |= meter->seal.stable_open ? STATUS_CASE_OPEN : 0;
    bits |= meter->reporter.presence == SE_ABSENT ? STATUS_SECURE_ELEMENT_FAULT : 0;
    bits |= meter->log.state == LOG_ABSENT ? STATUS_LOG_FAULT : 0;
    bits |= hal_kept(HAL_KEPT_KEYS_WIPED) != 0 ? STATUS_KEYS_WIPED : 0;
    bits |= hal_is_clock_set() ? 0 : STATUS_CLOCK_NOT_SET;
    status_set(&meter->status, bits);
}

static void step_banner(struct meter *meter) {
    const bool is_known = meter->reporter.presence != SE_UNKNOWN && meter->log.state != LOG_SCANNING;
    if (meter->is_banner_done || !is_known || hal_serial_is_sending(HAL_PORT_DIAGNOSTIC)) {
        return;
    }
    const size_t length = meter->is_asked_for_limits
                              ? banner_put_limits(meter->banner, &meter->limits)
                              : banner_put_state(meter->banner, &meter->reporter, &meter->log, meter->seal.stable_open);
    hal_serial_send(HAL_PORT_DIAGNOSTIC, (const uint8_t *)meter->banner, length);
    meter->is_banner_done = true;
}

/* An open diagnostic port tells what the banner told at boot, as it is now, or the limits, and takes other ones (INT-4). */
static uint64_t step_port(struct meter *meter, uint64_t now_us) {
    uint64_t next_us = HAL_NEVER;
    enum port_request request = PORT_NOTHING;
    if (meter->is_banner_done) {
        request = port_guard_step(&meter->port_guard, &meter->queue, now_us, &next_us);
    }
    if (request == PORT_SET_LIMITS) {
        set_limits(meter, &meter->port_guard.wanted, now_us);
    }
    if (request != PORT_NOTHING) {
        meter->is_banner_done = false;
        meter->is_asked_for_limits = request != PORT_TELL_STATE;
    }
    step_banner(meter);
    return next_us;
}

/* SIG-4: the event goes into the queue before the key goes, so it is counted and signed before. */
static uint64_t step_keys(struct meter *meter, uint64_t now_us) {
    const bool was_wiping = meter->key_guard.is_wiping;
    const uint64_t next_us = key_guard_step(&meter->key_guard, &meter->queue, now_us);
    if (meter->key_guard.is_wiping && !was_wiping) {
        meter->reporter.is_wipe_due = true;
    }
    return next_us;
}

/* Nothing waits to be counted, signed or written. */
static bool is_logged(struct meter *meter) {
    return meter->queue.count == 0 && meter->reporter.state == REPORTER_IDLE &&
           outbox_next_unsaved(&meter->reporter.outbox) == NULL &&
           (meter->log.state == LOG_ABSENT || event_log_is_idle(&meter->log));
}

/* The case is taken as it stands. Open at boot is an event too: nobody can say how long it has been (SEAL-1). */
void meter_begin(struct meter *meter, uint64_t now_us) {
    struct alert_parties parties;
    parameters_read(hal_parameter_page(), &parties);
    sensors_begin(&meter->sensors, hal_parameter_page());
    if (!limits_unpack(hal_kept(HAL_KEPT_LIMITS), &meter->limits)) {
        parameters_read_limits(hal_parameter_page(), &meter->limits);
    }
    motion_begin(&meter->motion, &meter->limits);
    seal_begin(&meter->seal, hal_case_is_open(), meter->limits.debounce_ms * 1000u, now_us);
    /* A magnet that was there without mains is taken as present: its end is found as of any other (MAG-4). */
    meter->sensors.magnet.is_present = vigil_begin(&meter->queue, meter->seal.stable_open, now_us);
    port_guard_begin(&meter->port_guard, hal_parameter_page());
    if (!hal_is_clock_set()) {
        const struct event event = {.code = EVENT_CLOCK_INVALID, .time = hal_utc_at(now_us)};
        event_queue_put(&meter->queue, &event);
    }
    if (parameters_are_damaged(hal_parameter_page())) {
        const struct event event = {.code = EVENT_PARAMETERS_DAMAGED, .time = hal_utc_at(now_us)};
        event_queue_put(&meter->queue, &event);
    }
    event_log_begin(&meter->log, now_us);
    reporter_begin(&meter->reporter, &parties, now_us);
    /* SIG-4: into their only place, never through a copy: this turn's stack is what lies under all others, and is never wiped. */
    keys_read(hal_key_page(), &meter->reporter.parties.keys);
    meter->log.key_mark = meter->reporter.parties.keys.mark;
    const size_t length = banner_put_identity(meter->banner);
    hal_serial_send(HAL_PORT_DIAGNOSTIC, (const uint8_t *)meter->banner, length);
}

/* What is looked at in every turn: the switch, the sensors and what they decide. */
static uint64_t step_watch(struct meter *meter, uint64_t now_us) {
    uint64_t next_us = step_seal(meter, now_us);
    next_us = earlier_of(next_us, step_storm(meter, now_us));
    next_us = earlier_of(next_us, sensors_step(&meter->sensors, &meter->queue, &meter->bus, now_us));
    next_us = earlier_of(next_us, motion_step(&meter->motion, &meter->queue, &meter->bus, now_us));
    return next_us;
}

static uint64_t step_desk(struct meter *meter, uint64_t now_us) {
    update_status(meter);
    step_modem(meter, now_us);
    uint64_t next_us = step_readout(meter, now_us);
    next_us = earlier_of(next_us, step_port(meter, now_us));
    report_loss(meter, now_us);
    next_us = earlier_of(next_us, step_keys(meter, now_us));
    meter->reporter.decision_at_us = sensors_decide_at_us(&meter->sensors);
    next_us = earlier_of(next_us, battery_step(&meter->battery, &meter->queue, is_logged(meter), now_us));
    next_us = earlier_of(next_us, vigil_step(&meter->vigil, is_logged(meter), meter->sensors.magnet.is_present, now_us));
    const uint64_t report_us = reporter_step(&meter->reporter, &meter->queue, &meter->log, &meter->bus, now_us);
    next_us = earlier_of(next_us, earlier_of(report_us, step_billing(meter, now_us)));
    /* The secure element's needs are known only now: it always gets the bus before the EEPROM (COM-1). */
    const uint64_t needed_us = reporter_needs_bus_at_us(&meter->reporter);
    return earlier_of(next_us, event_log_step(&meter->log, &meter->bus, needed_us, now_us));
}

/*
 * PWR-1: the desk, which counts, signs, sends, writes and answers, is left alone while it has nothing in hand (is_at_rest) and
 * nothing has come for it. What can come is a time of its own, what a port's interrupt brings (an octet, the end of a sending,
 * high voltage on the lines), an event or a status from the watch, and the time of a decision (COM-1). With something in hand,
 * a transfer on the bus among that, it has its turn with the watch each time.
 */
static bool is_desk_due(const struct meter *meter, uint64_t now_us) {
    return hal_was_called() || now_us >= meter->desk_due_us || meter->queue.count > 0 ||
           watched_status(meter) != meter->watched_bits ||
           sensors_decide_at_us(&meter->sensors) != meter->reporter.decision_at_us;
}

static bool is_at_rest(struct meter *meter) {
    return is_logged(meter) && meter->readout.state == READOUT_LISTENING && meter->is_banner_done;
}

uint64_t meter_step(struct meter *meter, uint64_t now_us) {
    const uint64_t watch_us = step_watch(meter, now_us);
    if (!is_desk_due(meter, now_us)) {
        return earlier_of(watch_us, meter->desk_due_us);
    }
    const uint64_t desk_us = step_desk(meter, now_us);
    meter->desk_due_us = is_at_rest(meter) ? desk_us : 0;
    return earlier_of(watch_us, desk_us);
}
