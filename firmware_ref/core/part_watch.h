/*
 * Tells a part that does not answer from a single failed access: a part whose accesses fail again and again is an event,
 * and so is its return, never silence (MAG-3). Pure.
 */
#ifndef TBR_PART_WATCH_H
#define TBR_PART_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct part_watch {
    uint64_t first_us; /* the first of the accesses that agree */
    uint8_t agreeing;
    bool is_faulty;
};

/* One access has succeeded or failed. True when the part's state has changed with it. */
bool part_watch_take(struct part_watch *watch, bool succeeded, uint64_t now_us);

#endif
