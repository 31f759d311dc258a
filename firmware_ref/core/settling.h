/*
 * MET-1, COM-1: the front end's RMS values lag behind the currents, each square through a first-order filter. Two samples tell
 * what came in between them, without what was before: a load that was switched off no longer hides a mismatch. Pure.
 */
#ifndef TBR_SETTLING_H
#define TBR_SETTLING_H

#include <stdbool.h>
#include <stdint.h>

struct settling {
    uint32_t line_uA; /* the sample before, as read */
    uint32_t neutral_uA;
    uint32_t taken_us; /* when; the low word is enough for a difference */
    bool is_settling;  /* the larger current of the last sample was still much of what was before it */
    bool is_settled;   /* both currents showed hardly anything else than themselves */
};

/*
 * Takes a sample and makes of it the RMS values of the time since the sample before. False, and zeros, when so much was left of a
 * larger load that they say nothing.
 */
bool settling_take(struct settling *settling, uint32_t *line_uA, uint32_t *neutral_uA, uint64_t now_us);

#endif
