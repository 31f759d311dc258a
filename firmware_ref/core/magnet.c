#include "core/magnet.h"

#include "config.h"

#define SQUARE(value) ((uint32_t)(value) * (uint32_t)(value))

/* At most 3 x 26,608^2, which 32 bits hold. */
static uint32_t squared(const struct hall_field *field) {
    return (uint32_t)(field->x * field->x) + (uint32_t)(field->y * field->y) + (uint32_t)(field->z * field->z);
}

/* A clipped reading is above the threshold whatever its numbers say: the true field is at least as strong (MAG-3). */
static bool speaks_for_change(const struct magnet *magnet, const struct hall_field *field) {
    if (magnet->is_present) {
        return !field->is_clipped && squared(field) < SQUARE(CONFIG_MAGNET_RESTORE_10_UT);
    }
    return field->is_clipped || squared(field) >= SQUARE(CONFIG_MAGNET_TRIP_10_UT);
}

bool magnet_take(struct magnet *magnet, const struct hall_field *field, uint64_t now_us, struct magnet_change *change) {
    const unsigned wanted = magnet->is_present ? CONFIG_MAGNET_RESTORE_SAMPLES : CONFIG_MAGNET_TRIP_SAMPLES;
    if (!speaks_for_change(magnet, field)) {
        magnet->agreeing = 0;
        return false;
    }
    if (magnet->agreeing == 0) {
        magnet->first_us = now_us;
    }
    magnet->agreeing++;
    if (magnet->agreeing < wanted) {
        return false;
    }
    magnet->agreeing = 0;
    magnet->is_present = !magnet->is_present;
    *change = (struct magnet_change){.present = magnet->is_present, .first_us = magnet->first_us};
    return true;
}

bool magnet_is_urgent(const struct magnet *magnet) { return !magnet->is_present && magnet->agreeing > 0; }

/* Digit by digit, the highest bit first: 16 turns, no division. */
uint32_t magnet_magnitude(const struct hall_field *field) {
    uint32_t rest = squared(field), root = 0;
    for (uint32_t bit = 1u << 30; bit > 0; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return root;
}
