#include "core/key_guard.h"

/* One unbroken time of high voltage counts: trains of transients, as of a thunderstorm, never add up. */
uint64_t key_guard_step(struct key_guard *guard, struct event_queue *queue, uint64_t now_us) {
    uint64_t since_us = 0;
    const uint32_t kept = hal_kept(HAL_KEPT_KEYS_WIPED);
    if (guard->is_wiping || kept == KEYS_WIPED) {
        return HAL_NEVER;
    }
    if (kept == KEYS_TO_BE_WIPED) {
        since_us = now_us; /* a power cut came before the key was gone, and perhaps before the log had the event */
    } else if (!hal_is_line_overdriven(&since_us)) {
        return HAL_NEVER; /* the port calls again when the line changes */
    } else if (now_us < since_us + CONFIG_INJECTION_US) {
        return since_us + CONFIG_INJECTION_US; /* an edge since this turn began lies after now: the sum, never the difference */
    }
    hal_keep(HAL_KEPT_KEYS_WIPED, KEYS_TO_BE_WIPED);
    const struct event event = {.code = EVENT_KEYS_WIPED, .time = hal_utc_at(since_us)};
    event_queue_put(queue, &event);
    guard->is_wiping = true;
    return now_us;
}
