/* Debounced events that wait for their counter and signature. Bounded: a full queue drops the newest and counts it (LOG-1). */
#ifndef TBR_EVENT_QUEUE_H
#define TBR_EVENT_QUEUE_H

#include "config.h"
#include "hal/hal.h"

/* LOG-3: 0x04 and 0x09 are the catalogue's, 0x2C and 0x2D IDIS security log numbers; all are in docs/alert-format.md. */
enum event_code {
    EVENT_MISMATCH = 0x04,
    EVENT_MISMATCH_ENDED = 0x05,
    EVENT_FRONT_END_FAULT = 0x06,
    EVENT_FRONT_END_BACK = 0x07,
    EVENT_MAGNET = 0x09,
    EVENT_MAGNET_ENDED = 0x0A,
    EVENT_HALL_FAULT = 0x0B,
    EVENT_HALL_BACK = 0x0C,
    EVENT_CASE_OPENED = 0x2C,
    EVENT_CASE_CLOSED = 0x2D,
};

struct event {
    struct hal_utc time;
    uint8_t code;
};

struct event_queue {
    struct event events[CONFIG_EVENT_QUEUE];
    uint8_t first;
    uint8_t count;
    uint16_t dropped;
};

void event_queue_put(struct event_queue *queue, const struct event *event);
/* The oldest event, or NULL. It stays until event_queue_drop_oldest(). */
const struct event *event_queue_oldest(const struct event_queue *queue);
void event_queue_drop_oldest(struct event_queue *queue);

#endif
