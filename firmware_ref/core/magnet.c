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
        return !field->has_exceeded && !field->is_clipped && squared(field) < SQUARE(CONFIG_MAGNET_RESTORE_10_UT);
    }
    return field->has_exceeded || field->is_clipped || squared(field) >= SQUARE(CONFIG_MAGNET_TRIP_10_UT);
}

/* MAG-6: a field that points the other way within the look alternates; a magnet that is moved does not turn so fast. */
static void note_direction(struct magnet *magnet, const struct hall_field *field, uint32_t size) {
    const int16_t *first = magnet->direction;
    if (size >= SQUARE(CONFIG_MAGNET_RESTORE_10_UT)) {
        if (magnet->strong == 0) {
            magnet->direction[0] = (int16_t)field->x;
            magnet->direction[1] = (int16_t)field->y;
            magnet->direction[2] = (int16_t)field->z;
        }
        magnet->strong++;
    }
    if (magnet->strong > 0 && size >= SQUARE(CONFIG_MAGNET_REVERSAL_10_UT) &&
        first[0] * field->x + first[1] * field->y + first[2] * field->z < 0) {
        magnet->reverses = true;
    }
}

/* MAG-3: clipped, the field is at least as strong as the range's end. */
static uint32_t size_of(const struct hall_field *field) {
    const uint32_t size = squared(field);
    return field->is_clipped && size < SQUARE(CONFIG_HALL_RANGE_10_UT) ? SQUARE(CONFIG_HALL_RANGE_10_UT) : size;
}

enum finding { FINDING_NONE, FINDING_OPEN, FINDING_MAGNET };

/* MAG-6: one sample of a closer look. Half a period of the mains tells a steady field, and one that is gone, from others. */
static enum finding look(struct magnet *magnet, const struct hall_field *field) {
    const uint32_t size = size_of(field);
    magnet->agreeing++;
    magnet->mean += size / CONFIG_MAGNET_LOOK_SAMPLES;
    note_direction(magnet, field, size);
    if (magnet->mean >= SQUARE(CONFIG_MAGNET_TRIP_10_UT)) {
        return FINDING_MAGNET; /* the RMS value of the whole look can't be less */
    }
    if (magnet->agreeing == CONFIG_MAGNET_HALF_PERIOD_SAMPLES) {
        if (magnet->strong == magnet->agreeing) {
            return FINDING_MAGNET;
        }
        if (magnet->strong == 0) { /* a pulse that is over, or an alternating field that was switched off */
            return field->has_exceeded && !magnet->alternates ? FINDING_MAGNET : FINDING_NONE;
        }
    }
    if (magnet->agreeing < CONFIG_MAGNET_LOOK_SAMPLES) {
        return FINDING_OPEN;
    }
    magnet->alternates = magnet->alternates || magnet->reverses; /* its last half wave points one way only */
    return magnet->alternates ? FINDING_NONE : FINDING_MAGNET;
}

static bool complete(struct magnet *magnet, struct magnet_change *change) {
    magnet->agreeing = 0;
    magnet->is_present = !magnet->is_present;
    magnet->alternates = false;
    *change = (struct magnet_change){.present = magnet->is_present, .first_us = magnet->first_us};
    return true;
}

static bool take_look(struct magnet *magnet, const struct hall_field *field, struct magnet_change *change) {
    const enum finding finding = look(magnet, field);
    if (finding == FINDING_OPEN) {
        return false;
    }
    magnet->is_looking = false;
    return finding == FINDING_MAGNET && complete(magnet, change);
}

static void begin_look(struct magnet *magnet, uint64_t now_us) {
    magnet->is_looking = true;
    magnet->reverses = false;
    magnet->first_us = now_us;
    magnet->mean = 0;
    magnet->agreeing = 0;
    magnet->strong = 0;
}

bool magnet_take(struct magnet *magnet, const struct hall_field *field, uint64_t now_us, struct magnet_change *change) {
    if (magnet->is_looking) {
        return take_look(magnet, field, change);
    }
    if (!speaks_for_change(magnet, field)) {
        magnet->agreeing = 0;
        magnet->alternates = false;
        return false;
    }
    if (!magnet->is_present) {
        begin_look(magnet, now_us);
        return false;
    }
    if (magnet->agreeing == 0) {
        magnet->first_us = now_us;
    }
    magnet->agreeing++;
    return magnet->agreeing >= CONFIG_MAGNET_RESTORE_SAMPLES && complete(magnet, change);
}

bool magnet_is_urgent(const struct magnet *magnet) { return magnet->is_looking; }

int32_t magnet_level(const struct magnet *magnet) {
    return magnet->is_present ? CONFIG_MAGNET_RESTORE_10_UT : CONFIG_MAGNET_TRIP_10_UT;
}

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
