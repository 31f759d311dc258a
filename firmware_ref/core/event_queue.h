/*
 * Debounced events that wait for their counter and signature: what is major goes first, each cause in its own order. Bounded
 * (LOG-1): when it is full, a repetition joins the event of its code that waits already, a major event takes the place of a
 * minor one, first of one that is no longer true, and what has no place is dropped, counted and reported.
 */
#ifndef TBR_EVENT_QUEUE_H
#define TBR_EVENT_QUEUE_H

#include "config.h"
#include "hal/hal.h"

/*
 * LOG-3: 0x04 and 0x09 are the catalogue's, 0x2C and 0x2D IDIS fraud log numbers, the others the meter's own; all are in
 * docs/alert-format.md. The end of a state is the code after its beginning.
 */
enum event_code {
    EVENT_MISMATCH = 0x04,
    EVENT_MISMATCH_ENDED = 0x05,
    EVENT_FRONT_END_FAULT = 0x06,
    EVENT_FRONT_END_BACK = 0x07,
    EVENT_MAGNET = 0x09,
    EVENT_MAGNET_ENDED = 0x0A,
    EVENT_HALL_FAULT = 0x0B,
    EVENT_HALL_BACK = 0x0C,
    EVENT_FIELD_SATURATED = 0x0D,
    EVENT_FIELD_SATURATED_ENDED = 0x0E,
    EVENT_BYPASS = 0x11,
    EVENT_BYPASS_ENDED = 0x12,
    EVENT_NEUTRAL_LOST_SUPPLY_SIDE = 0x13,
    EVENT_NEUTRAL_LOST_SUPPLY_SIDE_ENDED = 0x14,
    EVENT_NEUTRAL_LOST_LOAD_SIDE = 0x15,
    EVENT_NEUTRAL_LOST_LOAD_SIDE_ENDED = 0x16,
    EVENT_LINE_NEUTRAL_SWAPPED = 0x17,
    EVENT_LINE_NEUTRAL_SWAPPED_ENDED = 0x18,
    EVENT_CURRENT_REVERSED = 0x19,
    EVENT_CURRENT_REVERSED_ENDED = 0x1A,
    EVENT_PHASE_ANGLE = 0x1B,
    EVENT_PHASE_ANGLE_ENDED = 0x1C,
    EVENT_TRANSFORMER_SATURATED = 0x1D,
    EVENT_TRANSFORMER_SATURATED_ENDED = 0x1E,
    EVENT_OVERHEATED = 0x1F,
    EVENT_OVERHEATED_ENDED = 0x20,
    EVENT_TILTED = 0x21,
    EVENT_TILTED_ENDED = 0x22,
    EVENT_SHAKEN = 0x23,
    EVENT_SHAKEN_ENDED = 0x24,
    EVENT_MOTION_FAULT = 0x25,
    EVENT_MOTION_BACK = 0x26,
    EVENT_EDGE_STORM = 0x27,
    EVENT_EDGE_STORM_ENDED = 0x28,
    EVENT_CASE_OPENED = 0x2C,
    EVENT_CASE_CLOSED = 0x2D,
    EVENT_KEYS_WIPED = 0x2E,
    EVENT_PORT_LOCKED = 0x31,
    EVENT_CLOCK_ADJUSTED = 0x33,
    EVENT_CLOCK_INVALID = 0x34,
    EVENT_BATTERY_LOW = 0x37,
    EVENT_BATTERY_LOW_ENDED = 0x38,
    EVENT_SECURE_ELEMENT_FAULT = 0x39,
    EVENT_SECURE_ELEMENT_BACK = 0x3A,
    EVENT_EVENTS_DROPPED = 0x3B,
    EVENT_CONFIGURATION_CHANGED = 0x3C,
    EVENT_PARAMETERS_DAMAGED = 0x3D,
};

struct event {
    struct hal_utc time;
    uint8_t code;
    uint16_t count; /* how often it happened; 0, as whoever reports an event leaves it, counts as 1 */
};

struct event_queue {
    struct event events[CONFIG_EVENT_QUEUE]; /* as they came in */
    struct hal_utc dropped_time;             /* of the first one dropped */
    uint8_t count;
    uint16_t dropped; /* not reported yet */
};

void event_queue_put(struct event_queue *queue, const struct event *event);
/*
 * The event to take next, or NULL: the oldest major one, or an older event of the same cause that still waits; without a
 * major one the oldest. It stays until event_queue_drop_next().
 */
const struct event *event_queue_next(const struct event_queue *queue);
void event_queue_drop_next(struct event_queue *queue);

#endif
