/*
 * How the meter hangs and whether it is moved: joins the accelerometer to the decisions on tilt and vibration, and says how
 * often it is looked at (TILT-1, TILT-2, PWR-1).
 */
#ifndef TBR_MOTION_H
#define TBR_MOTION_H

#include "core/accelerometer.h"
#include "core/event_queue.h"
#include "core/parameters.h"
#include "core/part_watch.h"
#include "core/tilt.h"
#include "core/vibration.h"

struct motion {
    struct accelerometer part;
    struct part_watch watch;
    struct tilt tilt;
    struct vibration vibration;
    int32_t smooth_mg_4[3];  /* the smoothed acceleration, in quarters of mg */
    uint64_t moved_us;       /* the last sign of a movement */
    uint32_t vibration_us;   /* the threshold */
    bool is_attentive;       /* looked at often */
    bool is_installing;      /* the next rest is the installed position */
};

/* On zeroed memory. */
void motion_begin(struct motion *motion, const struct tamper_limits *limits);
/* Other thresholds, at once. */
void motion_set_limits(struct motion *motion, const struct tamper_limits *limits);
/* Moves on; returns when to call again. */
uint64_t motion_step(struct motion *motion, struct event_queue *queue, struct bus *bus, uint64_t now_us);
/* The position in which the meter next comes to rest is the installed one. */
void motion_install(struct motion *motion, uint64_t now_us);
/* Its bits of the Metrology Status Register. */
uint32_t motion_status(const struct motion *motion);

#endif
