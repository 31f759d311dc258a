#include "core/seal.h"

#include "config.h"
#include "hal/hal.h"

void seal_begin(struct seal *seal, bool stable_open, uint32_t debounce_us, uint64_t now_us) {
    *seal = (struct seal){.debounce_us = debounce_us,
                          .stable_open = stable_open,
                          .level_since_us = now_us,
                          .first_edge_us = now_us,
                          .returned_us = now_us};
}

uint64_t seal_deadline_us(const struct seal *seal) {
    return seal->is_changing ? seal->level_since_us + seal->debounce_us : HAL_NEVER;
}

/* SEAL-2: only an unbroken deviation of the full debounce time counts, so trains of shorter pulses never add up. */
bool seal_sample(struct seal *seal, uint64_t now_us, struct seal_change *change) {
    if (now_us < seal_deadline_us(seal)) {
        return false;
    }
    seal->is_changing = false;
    seal->stable_open = !seal->stable_open;
    seal->returned_us = now_us;
    *change = (struct seal_change){.open = seal->stable_open, .first_edge_us = seal->first_edge_us};
    return true;
}

/*
 * COM-1 counts from the first edge of the lasting opening. Contact bounce makes several edges of it: a deviation that
 * follows the last one within the bounce gap belongs to the same burst, but a burst is never longer than the debounce time.
 */
static bool is_same_burst(const struct seal *seal, uint64_t time_us) {
    return time_us - seal->returned_us < CONFIG_SEAL_BOUNCE_GAP_US &&
           time_us - seal->first_edge_us < seal->debounce_us && seal->first_edge_us < seal->returned_us;
}

bool seal_take_edge(struct seal *seal, uint64_t time_us, bool open, struct seal_change *change) {
    const bool has_changed = seal_sample(seal, time_us, change);
    if (open == seal->stable_open) {
        if (seal->is_changing) {
            seal->is_changing = false;
            seal->returned_us = time_us;
        }
        return has_changed;
    }
    /* Also when the level was already deviating: an edge means that it broke off for a moment in between. */
    if (!seal->is_changing && !is_same_burst(seal, time_us)) {
        seal->first_edge_us = time_us;
    }
    seal->is_changing = true;
    seal->level_since_us = time_us;
    return has_changed;
}
