/*
 * MET-1: line against neutral current. What flows in through one conductor and does not come back through the other goes
 * past the meter. Pure: it is told each pair and answers with at most one change.
 */
#ifndef TBR_MISMATCH_H
#define TBR_MISMATCH_H

#include <stdbool.h>
#include <stdint.h>

struct mismatch {
    uint64_t first_us; /* the first of the samples that agree */
    uint8_t agreeing;
    bool is_present;   /* the decided state */
};

struct mismatch_change {
    bool present;
    uint64_t first_us;
};

/* True when this sample has completed a change. Currents are RMS, in uA. */
bool mismatch_take(struct mismatch *mismatch, uint32_t line_uA, uint32_t neutral_uA, uint64_t now_us,
                   struct mismatch_change *change);
/* True while a first sample above the threshold waits for its confirmation. */
bool mismatch_is_urgent(const struct mismatch *mismatch);

#endif
