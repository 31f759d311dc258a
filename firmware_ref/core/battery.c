#include "core/battery.h"

/* A word kept by the battery says what was told last, so a low one is told once and not at each return of the mains. */
uint64_t battery_step(struct battery *battery, struct event_queue *queue, bool is_logged, uint64_t now_us) {
    struct part_watch *watch = &battery->watch;
    if (now_us < battery->look_at_us) {
        return battery->look_at_us;
    }
    const bool was_told = hal_kept(HAL_KEPT_BATTERY_LOW) != 0;
    if (battery->look_at_us == 0) {
        watch->is_faulty = was_told;
    } else if (is_logged && watch->is_faulty != was_told) {
        hal_keep(HAL_KEPT_BATTERY_LOW, watch->is_faulty ? 1 : 0);
    }
    battery->look_at_us = now_us + CONFIG_BATTERY_LOOK_US;
    if (part_watch_take(watch, !hal_battery_is_low(), now_us)) {
        const struct event event = {.code = watch->is_faulty ? EVENT_BATTERY_LOW : EVENT_BATTERY_LOW_ENDED,
                                    .time = hal_utc_at(watch->first_us)};
        event_queue_put(queue, &event);
    }
    return battery->look_at_us;
}
