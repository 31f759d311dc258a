/* PWR-1: a battery that is worn out is an event, and so is its replacement; without it the meter is blind once the mains go. */
#ifndef TBR_BATTERY_H
#define TBR_BATTERY_H

#include "core/event_queue.h"
#include "core/part_watch.h"

struct battery {
    struct part_watch watch;
    uint64_t look_at_us; /* 0: not looked at since reset */
};

/*
 * `is_logged`: the log has all there was. Only then what is told counts as told, also over resets. Returns when to call again.
 */
uint64_t battery_step(struct battery *battery, struct event_queue *queue, bool is_logged, uint64_t now_us);

#endif
