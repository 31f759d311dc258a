/* Debounced events that wait for their counter and signature. Bounded: a full queue drops the newest and counts it (LOG-1). */
#ifndef TBR_EVENT_QUEUE_H
#define TBR_EVENT_QUEUE_H

#include "config.h"
#include "hal/hal.h"

/* IDIS security log numbers (LOG-3). */
enum event_code { EVENT_CASE_OPENED = 0x2C, EVENT_CASE_CLOSED = 0x2D };

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
