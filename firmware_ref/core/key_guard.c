#include "core/key_guard.h"

/* One unbroken time of high voltage counts: trains of transients, as of a thunderstorm, never add up. */
uint64_t key_guard_step(struct key_guard *guard, struct event_queue *queue, uint64_t now_us) {
    uint64_t since_us = 0;
    if (guard->is_wiping || hal_kept(HAL_KEPT_KEYS_WIPED) != 0 || !hal_is_line_overdriven(&since_us)) {
        return HAL_NEVER; /* the port calls again when the line changes */
    }
    /* An edge since this turn began lies after now: the sum, never the difference. */
    if (now_us < since_us + CONFIG_INJECTION_US) {
        return since_us + CONFIG_INJECTION_US;
    }
    const struct event event = {.code = EVENT_KEYS_WIPED, .time = hal_utc_at(since_us)};
    event_queue_put(queue, &event);
    guard->is_wiping = true;
    return now_us;
}
