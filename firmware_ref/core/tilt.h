/*
 * TILT-1: tilt against the installed position. What counts is the distance between the two vectors of gravity, a chord of the
 * circle: a sensor's offset is in both and drops out, and no angle and no root has to be found. Pure.
 */
#ifndef TBR_TILT_H
#define TBR_TILT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/accelerometer.h"

struct tilt {
    struct acceleration installed;
    uint32_t trip_mg2; /* the squared chord of the threshold */
    uint32_t restore_mg2;
    uint64_t first_us; /* the first of the samples that agree */
    uint8_t agreeing;
    bool is_present; /* the decided state */
};

struct tilt_change {
    bool present;
    uint64_t first_us;
};

void tilt_begin(struct tilt *tilt, const struct acceleration *installed, unsigned threshold_deg);
/* Another threshold: what is decided stays until a sample says otherwise. */
void tilt_set_threshold(struct tilt *tilt, unsigned threshold_deg);
/* True when this sample has completed a change. */
bool tilt_take(struct tilt *tilt, const struct acceleration *gravity, uint64_t now_us, struct tilt_change *change);
/* True while the meter stands at more than half the threshold and has not been found tilted. */
bool tilt_is_near(const struct tilt *tilt, const struct acceleration *gravity);
uint32_t squared_mg2(int32_t x, int32_t y, int32_t z);

#endif
