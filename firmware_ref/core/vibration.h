/*
 * TILT-2: sustained manipulation. A shaking that goes on for longer than its threshold is one event; a shock, however hard,
 * is none. Pure: it is told of each sample whether it moved.
 */
#ifndef TBR_VIBRATION_H
#define TBR_VIBRATION_H

#include <stdbool.h>
#include <stdint.h>

struct vibration {
    uint64_t first_us; /* the first movement of those that follow each other closely */
    uint64_t last_us;  /* the newest one */
    bool is_present;
};

/* True when this sample has made a shaking of what was a shock so far. */
bool vibration_take(struct vibration *vibration, bool has_moved, uint32_t threshold_us, uint64_t now_us);
/* True when the shaking has ended by now. */
bool vibration_sample(struct vibration *vibration, uint64_t now_us);
/* When vibration_sample() is wanted next; HAL_NEVER without a shaking. */
uint64_t vibration_deadline_us(const struct vibration *vibration);

#endif
