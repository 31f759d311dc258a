#include "core/vigil.h"

/* The first time counts: a state that lasts is one event (LOG-1). */
static void note_time(enum hal_kept which, uint32_t seconds) {
    if (hal_kept(which) == 0) {
        hal_keep(which, seconds);
    }
}

void vigil_note(uint32_t seconds, bool is_open) {
    if (hal_latch_is_set()) {
        note_time(HAL_KEPT_MAGNET_S, seconds);
    }
    if (is_open) {
        note_time(HAL_KEPT_CASE_S, seconds);
    }
}

/* The clock ran on while the mains were away, so a noted time is as good as any; without one the time is not known. */
static void queue_noted(struct event_queue *queue, enum event_code code, uint32_t seconds, uint64_t now_us) {
    struct event event = {.code = (uint8_t)code, .time = hal_utc_at(now_us)};
    event.time.status = hal_is_clock_set() ? HAL_UTC_DOUBTFUL : HAL_UTC_INVALID;
    if (seconds != 0) {
        event.time.seconds = seconds;
        event.time.hundredths = 0;
        event.time.status = (uint8_t)(hal_is_clock_set() ? HAL_UTC_VALID : HAL_UTC_INVALID);
    }
    event_queue_put(queue, &event);
}

bool vigil_begin(struct event_queue *queue, bool is_open, uint64_t now_us) {
    const uint32_t magnet_s = hal_kept(HAL_KEPT_MAGNET_S), case_s = hal_kept(HAL_KEPT_CASE_S);
    const bool was_magnet = magnet_s != 0 || hal_latch_is_set();
    if (was_magnet) {
        queue_noted(queue, EVENT_MAGNET, magnet_s, now_us);
    }
    if (is_open || case_s != 0) {
        queue_noted(queue, EVENT_CASE_OPENED, case_s, now_us);
    }
    if (case_s != 0 && !is_open) {
        queue_noted(queue, EVENT_CASE_CLOSED, 0, now_us);
    }
    return was_magnet;
}

static void clear_note(enum hal_kept which) {
    if (hal_kept(which) != 0) {
        hal_keep(which, 0);
    }
}

uint64_t vigil_step(struct vigil *vigil, bool is_logged, bool is_magnet, uint64_t now_us) {
    if (now_us < vigil->look_at_us) {
        return vigil->look_at_us;
    }
    vigil->look_at_us = now_us + CONFIG_VIGIL_LOOK_US;
    if (!vigil->is_told && is_logged) {
        vigil->is_told = true;
        clear_note(HAL_KEPT_MAGNET_S);
        clear_note(HAL_KEPT_CASE_S);
    }
    if (vigil->is_told && !is_magnet && hal_latch_is_set()) {
        hal_latch_reset();
    }
    return vigil->look_at_us;
}
