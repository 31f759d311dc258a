/*
 * MAG-2: magnetic interference from the field's samples. The squared magnitude of the vector is compared, so direction and
 * polarity do not matter. Pure: it is told each sample and answers with at most one change.
 */
#ifndef TBR_MAGNET_H
#define TBR_MAGNET_H

#include "core/hall_part.h"

struct magnet {
    uint64_t first_us; /* the first of the samples that agree */
    uint8_t agreeing;  /* samples in a row that speak for a change */
    bool is_present;   /* the decided state */
};

struct magnet_change {
    bool present;
    uint64_t first_us;
};

/* True when this sample has completed a change. */
bool magnet_take(struct magnet *magnet, const struct hall_field *field, uint64_t now_us, struct magnet_change *change);
/* True while a first sample above the threshold waits for its confirmation: the next one is wanted soon (COM-1). */
bool magnet_is_urgent(const struct magnet *magnet);
/* The vector's length, rounded down, in the field's unit. */
uint32_t magnet_magnitude(const struct hall_field *field);

#endif
