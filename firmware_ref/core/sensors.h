/*
 * What the meter feels besides its case: field and currents. Joins each sensor to its decision and turns what they find
 * into events (MAG-2, MAG-3, MAG-5, MET-1, MET-2, MET-3, MET-4).
 */
#ifndef TBR_SENSORS_H
#define TBR_SENSORS_H

#include "core/bypass.h"
#include "core/event_queue.h"
#include "core/front_end.h"
#include "core/hall.h"
#include "core/heat.h"
#include "core/magnet.h"
#include "core/mismatch.h"
#include "core/part_watch.h"
#include "core/readout.h"
#include "core/saturation.h"
#include "core/settling.h"
#include "core/temperature.h"
#include "core/wiring.h"

struct sensors {
    struct hall hall;
    struct part_watch hall_watch;
    struct part_watch range_watch;
    struct magnet magnet;
    struct front_end front_end;
    struct part_watch front_end_watch;
    struct settling settling;
    struct mismatch mismatch;
    struct wiring wiring;
    struct bypass bypass;
    uint64_t compared_us; /* the last sample that MET-1 and MET-3 were given */
    uint64_t decide_at_us; /* when MET-1 or MET-3 will have decided on what the last sample showed; HAL_NEVER: nothing */
    uint32_t gains[FRONT_END_CHANNELS];
    struct temperature temperature;
    struct heat heat;
    struct saturation saturation;
};

/* On zeroed memory. `page` is the parameter page, or NULL. */
void sensors_begin(struct sensors *sensors, const uint8_t *page);
/* Moves everything on; returns when to call again. */
uint64_t sensors_step(struct sensors *sensors, struct event_queue *queue, struct bus *bus, uint64_t now_us);
/* COM-1: when what the currents show now will have been decided, at the latest; HAL_NEVER while they show nothing. */
uint64_t sensors_decide_at_us(const struct sensors *sensors);
/* The sensors' bits of the Metrology Status Register. */
uint32_t sensors_status(const struct sensors *sensors);
/* The sensors' part of a readout. */
void sensors_read_out(const struct sensors *sensors, struct readout_values *values);

#endif
