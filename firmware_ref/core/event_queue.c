#include "core/event_queue.h"

#include "core/causes.h"
#include "core/severity.h"

static void remove_at(struct event_queue *queue, unsigned index) {
    queue->count--;
    for (unsigned i = index; i < queue->count; i++) {
        queue->events[i] = queue->events[i + 1u];
    }
}

static void append(struct event_queue *queue, const struct event *event, uint16_t count) {
    struct event *place = &queue->events[queue->count];
    *place = *event;
    place->count = count;
    queue->count++;
}

/*
 * LOG-1: the waiting event moves to the end with the time and count of both, so the last event of a cause is still the one
 * that is true now.
 */
static bool join(struct event_queue *queue, const struct event *event, uint16_t count) {
    for (unsigned i = queue->count; i > 0; i--) {
        const uint16_t waiting = queue->events[i - 1u].count;
        if (queue->events[i - 1u].code == event->code && waiting <= UINT16_MAX - count) {
            remove_at(queue, i - 1u);
            append(queue, event, (uint16_t)(waiting + count));
            return true;
        }
    }
    return false;
}

static void note_dropped(struct event_queue *queue, const struct hal_utc *time, uint16_t count) {
    if (queue->dropped == 0) {
        queue->dropped_time = *time;
    }
    queue->dropped = queue->dropped <= UINT16_MAX - count ? (uint16_t)(queue->dropped + count) : UINT16_MAX;
}

static bool is_superseded(const struct event_queue *queue, unsigned index) {
    for (unsigned later = index + 1u; later < queue->count; later++) {
        if (cause_index(queue->events[later].code) == cause_index(queue->events[index].code)) {
            return true;
        }
    }
    return false;
}

static bool displace(struct event_queue *queue, bool only_superseded) {
    for (unsigned i = queue->count; i > 0; i--) {
        const struct event *event = &queue->events[i - 1u];
        if (severity_is_minor(event->code) && (!only_superseded || is_superseded(queue, i - 1u))) {
            note_dropped(queue, &event->time, event->count);
            remove_at(queue, i - 1u);
            return true;
        }
    }
    return false;
}

/*
 * COM-5: no major event is lost while a minor one keeps its place. One goes that is no longer true, so that the last word of a
 * cause is told (COM-4); if each is its cause's last, the youngest, as if it had come after.
 */
static bool displace_minor(struct event_queue *queue) { return displace(queue, true) || displace(queue, false); }

void event_queue_put(struct event_queue *queue, const struct event *event) {
    const uint16_t count = event->count > 0 ? event->count : 1u;
    if (queue->count == CONFIG_EVENT_QUEUE && join(queue, event, count)) {
        return;
    }
    const bool is_full = queue->count == CONFIG_EVENT_QUEUE;
    if (is_full && (severity_is_minor(event->code) || !displace_minor(queue))) {
        note_dropped(queue, &event->time, count);
        return;
    }
    append(queue, event, count);
}

/* COM-5: the first major event; before it the oldest of its own cause, which a head-end must hear of first (COM-4). */
static unsigned find_next(const struct event_queue *queue) {
    unsigned major = 0;
    while (major < queue->count && severity_is_minor(queue->events[major].code)) {
        major++;
    }
    if (major == queue->count) {
        return 0;
    }
    unsigned next = 0;
    while (cause_index(queue->events[next].code) != cause_index(queue->events[major].code)) {
        next++;
    }
    return next;
}

const struct event *event_queue_next(const struct event_queue *queue) {
    return queue->count > 0 ? &queue->events[find_next(queue)] : NULL;
}

/* LOG-1: the place that becomes free is that of the report on what was dropped, if anything was. */
void event_queue_drop_next(struct event_queue *queue) {
    if (queue->count == 0) {
        return;
    }
    remove_at(queue, find_next(queue));
    if (queue->dropped > 0) {
        const struct event event = {.code = EVENT_EVENTS_DROPPED, .time = queue->dropped_time};
        append(queue, &event, queue->dropped);
        queue->dropped = 0;
    }
}
