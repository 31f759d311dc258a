/*
 * INT-4: the diagnostic port's lock. A line is a password until one opens the port; wrong ones are counted where neither a
 * reset nor a power cut forgets them, and too many lock the port for a time and are an event.
 */
#ifndef TBR_PORT_GUARD_H
#define TBR_PORT_GUARD_H

#include "config.h"
#include "core/event_queue.h"
#include "core/limits.h"

enum port_request { PORT_NOTHING, PORT_TELL_STATE, PORT_TELL_LIMITS, PORT_SET_LIMITS };

struct port_guard {
    uint64_t open_until_us; /* 0: closed */
    struct tamper_limits wanted; /* by PORT_SET_LIMITS */
    const uint8_t *access;  /* salt and digest, or NULL: nothing opens the port */
    const char *answer;     /* waits to be sent, or NULL */
    uint8_t line[CONFIG_PORT_LINE_MAX];
    uint8_t length; /* one more than the line holds: too long */
};

/* On zeroed memory. `page` is the parameter page, or NULL. */
void port_guard_begin(struct port_guard *guard, const uint8_t *page);
/* Takes what has come and answers; what an open port is asked for is returned. *next_us: when to call again. */
enum port_request port_guard_step(struct port_guard *guard, struct event_queue *queue, uint64_t now_us, uint64_t *next_us);

#endif
