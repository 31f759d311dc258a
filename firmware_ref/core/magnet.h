/*
 * MAG-2, MAG-6: magnetic interference from the field's samples. The squared magnitude of the vector is compared, so direction
 * and polarity do not matter. A sample above the threshold, or the sensor's word that there was one, starts a closer look:
 * samples every 2 ms, until it is known whether the field stands, was a pulse, or alternates; then its RMS value decides.
 * Pure: it is told each sample and answers with at most one change.
 */
#ifndef TBR_MAGNET_H
#define TBR_MAGNET_H

#include "core/hall_part.h"

struct magnet {
    uint64_t first_us;    /* the first of the samples that agree */
    uint32_t mean;        /* of the look's squared magnitudes, as far as it has come */
    int16_t direction[3]; /* of the look's first strong sample */
    uint8_t agreeing;     /* samples in a row that speak for a change; of a look: its samples so far */
    uint8_t strong;       /* of these, those not below the restoration level */
    bool is_present;      /* the decided state */
    bool is_looking;
    bool reverses;        /* the look has seen the opposite direction */
    bool alternates;      /* the last look found an alternating field below the threshold */
};

struct magnet_change {
    bool present;
    uint64_t first_us;
};

/* True when this sample has completed a change. */
bool magnet_take(struct magnet *magnet, const struct hall_field *field, uint64_t now_us, struct magnet_change *change);
/* True during a closer look: the next sample is wanted soon (COM-1). */
bool magnet_is_urgent(const struct magnet *magnet);
/* From which magnitude on the sensor shall tell of a field between two samples. */
int32_t magnet_level(const struct magnet *magnet);
/* The vector's length, rounded down, in the field's unit. */
uint32_t magnet_magnitude(const struct hall_field *field);

#endif
