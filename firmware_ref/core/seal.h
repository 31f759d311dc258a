/*
 * SEAL-1, SEAL-2: the physical seal. Turns the case switch's edges into one event per lasting opening or closing.
 * Pure: it is told each edge and the time, and answers with at most one change.
 */
#ifndef TBR_SEAL_H
#define TBR_SEAL_H

#include <stdbool.h>
#include <stdint.h>

struct seal {
    uint32_t debounce_us;    /* SEAL-3: longer while there is a storm */
    bool stable_open;        /* the debounced state */
    bool is_changing;        /* the switch stands against the debounced state */
    uint64_t level_since_us; /* when the present unbroken deviation began */
    uint64_t first_edge_us;  /* the first edge of the burst it belongs to */
    uint64_t returned_us;    /* when the last deviation broke off */
};

struct seal_change {
    bool open;
    uint64_t first_edge_us;
};

void seal_begin(struct seal *seal, bool stable_open, uint32_t debounce_us, uint64_t now_us);
/* An edge was seen: the level after it is `open`. True when a change had become lasting before this edge. */
bool seal_take_edge(struct seal *seal, uint64_t time_us, bool open, struct seal_change *change);
/* True when a change has become lasting by now. */
bool seal_sample(struct seal *seal, uint64_t now_us, struct seal_change *change);
/* When seal_sample() is wanted next; HAL_NEVER when the switch rests. */
uint64_t seal_deadline_us(const struct seal *seal);

#endif
