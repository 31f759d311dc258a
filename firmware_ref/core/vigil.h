/*
 * MAG-4: what moved while there were no mains. On battery the times go into battery-backed words; back on mains they become
 * events, and the words and the magnetic latch are cleared once the log has them.
 */
#ifndef TBR_VIGIL_H
#define TBR_VIGIL_H

#include "core/event_queue.h"

struct vigil {
    uint64_t look_at_us;
    bool is_told; /* what the words held is in the log */
};

/* On battery: notes what is true and was not noted before. `is_open`: the case, for the debounce time. */
void vigil_note(uint32_t seconds, bool is_open);
/* Back on mains, before anything else queues events. True: there was a magnet, whose end the field's own decision will see. */
bool vigil_begin(struct event_queue *queue, bool is_open, uint64_t now_us);
/* Clears when `is_logged`; while no magnet is there the latch is kept ready. Returns when to call again. */
uint64_t vigil_step(struct vigil *vigil, bool is_logged, bool is_magnet, uint64_t now_us);

#endif
