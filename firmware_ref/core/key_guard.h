/*
 * SIG-4: high voltage on the communication lines that lasts wipes the keys; a transient does not. The alert of it is signed
 * first, by the key that the head-end knows, then the key is made anew inside the secure element: nobody has it.
 */
#ifndef TBR_KEY_GUARD_H
#define TBR_KEY_GUARD_H

#include "core/event_queue.h"

/* HAL_KEPT_KEYS_WIPED. What was decided is done, also when the supply is cut in between. */
#define KEYS_WIPED 1u
#define KEYS_TO_BE_WIPED 2u

struct key_guard {
    bool is_wiping; /* decided: the event is in the queue, and the secure element is to make its key anew */
};

/* Looks at the lines; returns when to call again. */
uint64_t key_guard_step(struct key_guard *guard, struct event_queue *queue, uint64_t now_us);

#endif
