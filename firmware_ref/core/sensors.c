#include "core/sensors.h"

#include "core/bytes.h"
#include "core/parameters.h"
#include "core/status.h"

void sensors_begin(struct sensors *sensors, const uint8_t *page) {
    parameters_read_gains(page, sensors->gains);
    front_end_begin(&sensors->front_end, sensors->gains);
    temperature_begin(&sensors->temperature);
}

/* An event's time is that of the first of the samples that led to it. */
static void queue_event(struct event_queue *queue, enum event_code code, uint64_t first_us) {
    const struct event event = {.code = (uint8_t)code, .time = hal_utc_at(first_us)};
    event_queue_put(queue, &event);
}

/* COM-1: a first sample above the threshold is followed soon by others, not in the ordinary rhythm. */
static void take_field(struct sensors *sensors, struct event_queue *queue, uint64_t now_us) {
    const bool was_urgent = magnet_is_urgent(&sensors->magnet);
    struct magnet_change change;
    hall_part_compensate((enum hall_part)sensors->hall.part, sensors->temperature.board_dC, &sensors->hall.field);
    if (magnet_take(&sensors->magnet, &sensors->hall.field, now_us, &change)) {
        queue_event(queue, change.present ? EVENT_MAGNET : EVENT_MAGNET_ENDED, change.first_us);
    }
    if (magnet_is_urgent(&sensors->magnet)) {
        if (!was_urgent) {
            hall_look_closely(&sensors->hall);
        }
        hall_hasten(&sensors->hall, now_us + CONFIG_MAGNET_CONFIRM_US);
        return;
    }
    const uint8_t level_mT = hall_part_level_mT((enum hall_part)sensors->hall.part, sensors->temperature.board_dC,
                                                magnet_level(&sensors->magnet));
    if (was_urgent || sensors->hall.field.has_exceeded || level_mT != sensors->hall.level_mT) {
        hall_arm(&sensors->hall, level_mT);
    }
}

/* MAG-3: a field that stays beyond the sensor's range is an event of its own, and so is its return into it. */
static void take_range(struct sensors *sensors, struct event_queue *queue, uint64_t now_us) {
    struct part_watch *watch = &sensors->range_watch;
    if (part_watch_take(watch, !sensors->hall.field.is_clipped, now_us)) {
        queue_event(queue, watch->is_faulty ? EVENT_FIELD_SATURATED : EVENT_FIELD_SATURATED_ENDED, watch->first_us);
    }
}

static void take_hall(struct sensors *sensors, struct event_queue *queue, enum hall_outcome outcome, uint64_t now_us) {
    struct part_watch *watch = &sensors->hall_watch;
    if (outcome == HALL_NO_SAMPLE) {
        return;
    }
    if (part_watch_take(watch, outcome == HALL_SAMPLE, now_us)) {
        queue_event(queue, watch->is_faulty ? EVENT_HALL_FAULT : EVENT_HALL_BACK, watch->first_us);
    }
    if (outcome == HALL_SAMPLE) {
        take_field(sensors, queue, now_us);
        take_range(sensors, queue, now_us);
    }
}

/* MET-1; a wiring fault that makes the currents differ has a code of its own. */
static void take_mismatch(struct sensors *sensors, struct event_queue *queue, const struct electrical *sample,
                          uint64_t now_us) {
    struct mismatch_change change;
    if (!wiring_explains_mismatch(&sensors->wiring, sample) &&
        mismatch_take(&sensors->mismatch, sample->line_uA, sample->neutral_uA, now_us, &change)) {
        queue_event(queue, change.present ? EVENT_MISMATCH : EVENT_MISMATCH_ENDED, change.first_us);
    }
}

/* MET-3: a fault's codes stand in the order of the faults. */
static void take_wiring(struct sensors *sensors, struct event_queue *queue, const struct electrical *sample,
                        uint64_t now_us) {
    struct wiring *wiring = &sensors->wiring;
    const uint8_t changed = wiring_take(wiring, sample, now_us);
    for (unsigned fault = 0; fault < WIRING_FAULTS; fault++) {
        if ((changed >> fault & 1u) != 0) {
            const unsigned ended = ((unsigned)wiring->present >> fault & 1u) ^ 1u;
            const uint32_t ago_ms = (uint32_t)(now_us / 1000u) - wiring->first_ms[fault];
            const uint64_t first_us = now_us - 1000u * (uint64_t)ago_ms;
            queue_event(queue, (enum event_code)(EVENT_NEUTRAL_LOST_SUPPLY_SIDE + 2u * fault + ended), first_us);
        }
    }
}

/* Line against neutral, by what has come in since the sample before where that can be told (COM-1). */
static void take_comparison(struct sensors *sensors, struct event_queue *queue, struct electrical sample,
                            uint64_t now_us) {
    const bool is_clear = settling_take(&sensors->settling, &sample.line_uA, &sample.neutral_uA, now_us);
    take_wiring(sensors, queue, &sample, now_us);
    if (is_clear) {
        take_mismatch(sensors, queue, &sample, now_us);
    }
}

static void take_bypass(struct sensors *sensors, struct event_queue *queue, const struct electrical *sample,
                        uint64_t now_us) {
    struct bypass_change change;
    if (bypass_take(&sensors->bypass, sample, now_us, &change)) {
        queue_event(queue, change.present ? EVENT_BYPASS : EVENT_BYPASS_ENDED, change.first_us);
    }
    front_end_hasten(&sensors->front_end, bypass_wants_sample_at_us(&sensors->bypass, now_us));
}

/* MAG-5 */
static void take_waveform(struct sensors *sensors, struct event_queue *queue, uint64_t now_us) {
    struct front_end *front_end = &sensors->front_end;
    struct saturation *saturation = &sensors->saturation;
    struct saturation_change change;
    if (front_end->has_peaks && sensors->settling.is_settled &&
        saturation_take(saturation, front_end->peaks, front_end->codes, now_us, &change)) {
        const enum event_code code = change.present ? EVENT_TRANSFORMER_SATURATED : EVENT_TRANSFORMER_SATURATED_ENDED;
        queue_event(queue, code, change.first_us);
    }
    front_end->wants_peaks = saturation_wants_peaks(saturation, front_end->codes, now_us);
}

/* COM-1: samples that are still to agree; each may come late by an access. */
static void foresee_decision(struct sensors *sensors, bool is_wiring_urgent) {
    const bool is_mismatch = mismatch_is_urgent(&sensors->mismatch);
    const unsigned of_wiring = is_wiring_urgent ? CONFIG_WIRING_SAMPLES : 0;
    const unsigned samples = is_mismatch ? CONFIG_MISMATCH_TRIP_SAMPLES - sensors->mismatch.agreeing : of_wiring;
    const uint64_t apart_us = CONFIG_MISMATCH_CONFIRM_US + CONFIG_SPI_LATE_US;
    sensors->decide_at_us = samples > 0 ? sensors->compared_us + samples * apart_us : HAL_NEVER;
}

static void take_currents(struct sensors *sensors, struct event_queue *queue, uint64_t now_us) {
    const uint32_t *values = sensors->front_end.values;
    const int32_t *powers = sensors->front_end.powers;
    const struct electrical sample = {.line_uA = values[CHANNEL_LINE_CURRENT],
                                      .neutral_uA = values[CHANNEL_NEUTRAL_CURRENT],
                                      .voltage_uV = values[CHANNEL_VOLTAGE],
                                      .line_mW = powers[POWER_LINE],
                                      .neutral_mW = powers[POWER_NEUTRAL],
                                      .line_mvar = powers[POWER_LINE_REACTIVE],
                                      .is_line_live = hal_line_is_live()};
    if (now_us - sensors->compared_us >= CONFIG_CURRENTS_APART_US) {
        sensors->compared_us = now_us;
        take_comparison(sensors, queue, sample, now_us);
        take_waveform(sensors, queue, now_us);
    }
    take_bypass(sensors, queue, &sample, now_us);
    front_end_hasten(&sensors->front_end, sensors->compared_us + CONFIG_FRONT_END_SAMPLE_US);
    if (mismatch_is_urgent(&sensors->mismatch) || sensors->settling.is_settling) {
        front_end_hasten(&sensors->front_end, sensors->compared_us + CONFIG_MISMATCH_CONFIRM_US);
    }
    const bool is_wiring_urgent = wiring_is_urgent(&sensors->wiring, &sample);
    if (is_wiring_urgent) {
        front_end_hasten(&sensors->front_end, sensors->compared_us + CONFIG_WIRING_CONFIRM_US);
    }
    foresee_decision(sensors, is_wiring_urgent);
}

static void take_front_end(struct sensors *sensors, struct event_queue *queue, enum front_end_outcome outcome,
                           uint64_t now_us) {
    struct part_watch *watch = &sensors->front_end_watch;
    if (outcome == FRONT_END_NO_SAMPLE) {
        return;
    }
    if (part_watch_take(watch, outcome == FRONT_END_SAMPLE, now_us)) {
        queue_event(queue, watch->is_faulty ? EVENT_FRONT_END_FAULT : EVENT_FRONT_END_BACK, watch->first_us);
    }
    if (outcome == FRONT_END_SAMPLE) {
        take_currents(sensors, queue, now_us);
    }
}

static void take_temperature(struct sensors *sensors, struct event_queue *queue, uint64_t now_us) {
    const struct temperature *found = &sensors->temperature;
    struct heat_change change;
    if (temperature_step(&sensors->temperature, now_us) &&
        heat_take(&sensors->heat, found->board_dC, found->terminal_dC, now_us, &change)) {
        queue_event(queue, change.over ? EVENT_OVERHEATED : EVENT_OVERHEATED_ENDED, change.first_us);
    }
}

/*
 * PWR-1: ordinary samples of field and currents are taken in one waking. With one of the currents the field's next one comes
 * earlier until both fall together; the currents' own times, which MET-1 and MET-2 depend on, stay as they are.
 */
static void keep_step(struct sensors *sensors, uint64_t now_us) {
    struct hall *hall = &sensors->hall;
    const uint64_t due_us = sensors->front_end.sample_at_us;
    const bool is_ordinary = due_us + CONFIG_SPI_LATE_US >= sensors->compared_us + CONFIG_FRONT_END_SAMPLE_US;
    const bool is_near = hall->state == HALL_WAITING && hall->sample_at_us <= now_us + CONFIG_FRONT_END_SAMPLE_US;
    if (now_us >= due_us && is_ordinary && is_near && !magnet_is_urgent(&sensors->magnet)) {
        hall_hasten(hall, hall->sample_at_us < now_us + CONFIG_HALL_EARLIER_US ? now_us
                                                                              : hall->sample_at_us - CONFIG_HALL_EARLIER_US);
    }
}

uint64_t sensors_step(struct sensors *sensors, struct event_queue *queue, struct bus *bus, uint64_t now_us) {
    uint64_t field_us = HAL_NEVER, currents_us = HAL_NEVER;
    take_temperature(sensors, queue, now_us);
    keep_step(sensors, now_us);
    take_hall(sensors, queue, hall_step(&sensors->hall, bus, now_us, &field_us), now_us);
    take_front_end(sensors, queue, front_end_step(&sensors->front_end, now_us, &currents_us), now_us);
    /* A sample may have hastened the next one. */
    if (sensors->hall.state == HALL_WAITING) {
        field_us = sensors->hall.is_to_adjust ? now_us : sensors->hall.sample_at_us;
    }
    return earlier_of(field_us, earlier_of(currents_us, sensors->front_end.sample_at_us));
}

uint64_t sensors_decide_at_us(const struct sensors *sensors) {
    return earlier_of(sensors->decide_at_us, bypass_decides_at_us(&sensors->bypass));
}

uint32_t sensors_status(const struct sensors *sensors) {
    uint32_t bits = 0;
    bits |= sensors->magnet.is_present ? STATUS_MAGNET : 0;
    bits |= sensors->mismatch.is_present ? STATUS_MISMATCH : 0;
    bits |= sensors->wiring.present != 0 || sensors->bypass.is_present || sensors->saturation.is_present ? STATUS_METROLOGY : 0;
    bits |= sensors->hall.field.is_clipped ? STATUS_FIELD_CLIPPED : 0;
    bits |= sensors->heat.is_over ? STATUS_OVERHEATED : 0;
    bits |= sensors->hall_watch.is_faulty ? STATUS_HALL_FAULT : 0;
    bits |= sensors->front_end_watch.is_faulty ? STATUS_FRONT_END_FAULT : 0;
    return bits;
}

void sensors_read_out(const struct sensors *sensors, struct readout_values *values) {
    const uint32_t *electrical = sensors->front_end.values;
    values->line_uA = electrical[CHANNEL_LINE_CURRENT];
    values->neutral_uA = electrical[CHANNEL_NEUTRAL_CURRENT];
    values->voltage_uV = electrical[CHANNEL_VOLTAGE];
    values->has_electrical = sensors->front_end.has_values;
    values->field = sensors->hall.field;
    values->samples = sensors->hall.samples;
    values->has_field = sensors->hall.has_field;
}
