/*
 * The causes that events tell of: which code begins a state and which ends it, and its name for people (LOG-3). The codes
 * themselves are in core/event_queue.h. Pure.
 */
#ifndef TBR_CAUSES_H
#define TBR_CAUSES_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

#define CAUSE_NONE 0xFFu

/* The cause's place in the table, from 0: the same for a state's beginning and its end; CAUSE_NONE for a code unknown. */
unsigned cause_index(uint8_t code);
/* The code that begins the state; for a cause without an end, its only one. */
uint8_t cause_code(unsigned index);
/* At most CAUSE_TEXT_MAX characters of those that a readout may hold. */
const char *cause_text(unsigned index);
#define CAUSE_TEXT_MAX 32u
/* Whether the cause is a state that ends, or something that is over at once. */
bool cause_has_end(unsigned index);
/* Whether the code ends its state. */
bool cause_is_end(uint8_t code);

#endif
