#include "core/event_queue.h"

void event_queue_put(struct event_queue *queue, const struct event *event) {
    if (queue->count == CONFIG_EVENT_QUEUE) {
        if (queue->dropped < UINT16_MAX) {
            queue->dropped++;
        }
        return;
    }
    queue->events[(queue->first + queue->count) % CONFIG_EVENT_QUEUE] = *event;
    queue->count++;
}

const struct event *event_queue_oldest(const struct event_queue *queue) {
    return queue->count > 0 ? &queue->events[queue->first] : NULL;
}

void event_queue_drop_oldest(struct event_queue *queue) {
    if (queue->count > 0) {
        queue->first = (uint8_t)((queue->first + 1u) % CONFIG_EVENT_QUEUE);
        queue->count--;
    }
}
