#include "core/tilt.h"

#include "config.h"

/* 2 (1 - cos d) g^2 for d from 10 to 45 degrees, in mg^2: the squared chord of an angle d. */
#define CHORDS_FROM_DEG (CONFIG_TILT_LEAST_DEG - CONFIG_TILT_HYSTERESIS_DEG)
static const uint32_t chords_mg2[] = {
    30384, 36746, 43705, 51260, 59409, 68148, 77477, 87390, 97887,
    108963, 120615, 132839, 145632, 158990, 172909, 187384, 202412, 217987,
    234105, 250761, 267949, 285665, 303904, 322659, 341925, 361696, 381966,
    402729, 423978, 445708, 467911, 490581, 513710, 537293, 561320, 585786,
};

uint32_t squared_mg2(int32_t x, int32_t y, int32_t z) { return (uint32_t)(x * x) + (uint32_t)(y * y) + (uint32_t)(z * z); }

void tilt_begin(struct tilt *tilt, const struct acceleration *installed, unsigned threshold_deg) {
    tilt->installed = *installed;
    tilt_set_threshold(tilt, threshold_deg);
}

void tilt_set_threshold(struct tilt *tilt, unsigned threshold_deg) {
    tilt->trip_mg2 = chords_mg2[threshold_deg - CHORDS_FROM_DEG];
    tilt->restore_mg2 = chords_mg2[threshold_deg - CONFIG_TILT_HYSTERESIS_DEG - CHORDS_FROM_DEG];
}

/* At most three times 4,094^2, which 32 bits hold. */
static uint32_t chord_mg2(const struct tilt *tilt, const struct acceleration *gravity) {
    const struct acceleration *installed = &tilt->installed;
    return squared_mg2(gravity->x - installed->x, gravity->y - installed->y, gravity->z - installed->z);
}

/* Only what is about as long as gravity shows a position. */
static bool is_gravity(const struct acceleration *gravity) {
    const uint32_t length_mg2 = squared_mg2(gravity->x, gravity->y, gravity->z);
    return length_mg2 >= CONFIG_TILT_LEAST_MG * CONFIG_TILT_LEAST_MG &&
           length_mg2 <= CONFIG_TILT_MOST_MG * CONFIG_TILT_MOST_MG;
}

static bool speaks_for_change(const struct tilt *tilt, const struct acceleration *gravity) {
    const uint32_t chord = chord_mg2(tilt, gravity);
    return is_gravity(gravity) && (tilt->is_present ? chord < tilt->restore_mg2 : chord >= tilt->trip_mg2);
}

bool tilt_take(struct tilt *tilt, const struct acceleration *gravity, uint64_t now_us, struct tilt_change *change) {
    if (!speaks_for_change(tilt, gravity)) {
        tilt->agreeing = 0;
        return false;
    }
    if (tilt->agreeing == 0) {
        tilt->first_us = now_us;
    }
    tilt->agreeing++;
    if (tilt->agreeing < CONFIG_TILT_SAMPLES) {
        return false;
    }
    tilt->agreeing = 0;
    tilt->is_present = !tilt->is_present;
    *change = (struct tilt_change){.present = tilt->is_present, .first_us = tilt->first_us};
    return true;
}

/* Half the chord is a little more than half the angle. */
bool tilt_is_near(const struct tilt *tilt, const struct acceleration *gravity) {
    return !tilt->is_present && chord_mg2(tilt, gravity) >= tilt->trip_mg2 / 4u;
}
