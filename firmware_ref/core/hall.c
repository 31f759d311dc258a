#include "core/hall.h"

#include "config.h"
#include "core/bytes.h"

static void start_transfer(struct hall *hall, struct bus *bus, uint64_t now_us) {
    const struct hall_layout *layout = hall_part_layout((enum hall_part)hall->part);
    struct hal_i2c_transfer transfer = {.address = layout->address, .fast = true};
    if (hall->state == HALL_SETTING_UP) {
        transfer.tx = hall_part_setting((enum hall_part)hall->part, hall->setting);
        transfer.tx_length = HALL_SETTING_BYTES;
    } else if (hall->state == HALL_ADJUSTING) {
        transfer.tx = hall->adjustment;
        transfer.tx_length =
            hall_part_adjustment((enum hall_part)hall->part, hall->level_mT, hall->is_to_be_fast, hall->adjustment);
    } else {
        transfer.tx = &layout->first_register;
        transfer.tx_length = 1;
        transfer.rx = hall->octets;
        transfer.rx_length = layout->length;
    }
    bus_request(bus, BUS_HALL, &transfer, now_us);
    hall->is_on_bus = true;
}

static enum hall_outcome end_sample(struct hall *hall, enum hall_outcome outcome) {
    hall->state = HALL_WAITING;
    hall->has_field = outcome == HALL_SAMPLE;
    return outcome;
}

/* The other part is tried at once; the sample has failed when none has answered. Whoever comes back is set up anew. */
static enum hall_outcome lose_part(struct hall *hall, uint64_t now_us) {
    hall->is_set_up = false;
    hall->part = (uint8_t)((hall->part + 1u) % HALL_PARTS);
    if (hall->part == HALL_REFERENCE) {
        return end_sample(hall, HALL_FAILURE);
    }
    hall->state = HALL_SETTING_UP;
    hall->setting = 0;
    hall->wake_at_us = now_us;
    return HALL_NO_SAMPLE;
}

static enum hall_outcome take_setting(struct hall *hall, uint64_t now_us) {
    hall->setting++;
    hall->wake_at_us = now_us;
    if (hall_part_setting((enum hall_part)hall->part, hall->setting) == NULL) {
        hall->is_set_up = true;
        hall->level_mT = CONFIG_MAGNET_TRIP_10_UT / 100; /* as set up */
        hall->state = HALL_READING;
        hall->tries = 0;
        hall->wake_at_us = now_us + CONFIG_HALL_RETRY_US;
    }
    return HALL_NO_SAMPLE;
}

/* MAG-3: a part whose noise moves none of three axes over many samples repeats itself. */
static bool stands_still(struct hall *hall, const struct hall_field *field) {
    const bool is_same = field->x == hall->last[0] && field->y == hall->last[1] && field->z == hall->last[2];
    hall->last[0] = (int16_t)field->x;
    hall->last[1] = (int16_t)field->y;
    hall->last[2] = (int16_t)field->z;
    hall->same = !is_same ? 0 : hall->same < CONFIG_HALL_STUCK_SAMPLES ? (uint8_t)(hall->same + 1u) : hall->same;
    return hall->same == CONFIG_HALL_STUCK_SAMPLES;
}

static enum hall_outcome take_sample(struct hall *hall, uint64_t now_us) {
    struct hall_field field;
    switch (hall_part_decode((enum hall_part)hall->part, hall->octets, &field)) {
    case HALL_GOOD:
        if (stands_still(hall, &field)) {
            break;
        }
        hall->field = field;
        hall->samples++;
        return end_sample(hall, HALL_SAMPLE);
    case HALL_NOT_READY:
        hall->tries++;
        if (hall->tries < CONFIG_HALL_TRIES) {
            hall->wake_at_us = now_us + CONFIG_HALL_RETRY_US;
            return HALL_NO_SAMPLE;
        }
        break;
    case HALL_LOST:
        break;
    }
    hall->is_set_up = false; /* it answers, but has forgotten its mode or stands still */
    return end_sample(hall, HALL_FAILURE);
}

static enum hall_outcome take_result(struct hall *hall, enum bus_result result, uint64_t now_us) {
    hall->is_on_bus = false;
    if (result != BUS_DONE) {
        return lose_part(hall, now_us);
    }
    if (hall->state == HALL_ADJUSTING) {
        hall->is_to_adjust = false;
        hall->state = HALL_WAITING;
        return HALL_NO_SAMPLE;
    }
    return hall->state == HALL_SETTING_UP ? take_setting(hall, now_us) : take_sample(hall, now_us);
}

static void begin_sample(struct hall *hall, uint64_t now_us) {
    hall->sample_at_us = now_us + CONFIG_HALL_SAMPLE_US;
    hall->wake_at_us = now_us;
    hall->tries = 0;
    hall->setting = 0;
    hall->state = hall->is_set_up ? HALL_READING : HALL_SETTING_UP;
}

enum hall_outcome hall_step(struct hall *hall, struct bus *bus, uint64_t now_us, uint64_t *next_us) {
    enum hall_outcome outcome = HALL_NO_SAMPLE;
    if (hall->is_on_bus) {
        const enum bus_result result = bus_poll(bus, BUS_HALL, now_us);
        if (result == BUS_BUSY) {
            *next_us = bus_late_at_us(bus);
            return HALL_NO_SAMPLE;
        }
        outcome = take_result(hall, result, now_us);
    } else if (hall->state == HALL_WAITING && hall->is_to_adjust) {
        hall->state = HALL_ADJUSTING;
        hall->wake_at_us = now_us;
    } else if (hall->state == HALL_WAITING && now_us >= hall->sample_at_us) {
        begin_sample(hall, now_us);
    }
    if (hall->state == HALL_WAITING) {
        *next_us = hall->sample_at_us;
    } else if (now_us < hall->wake_at_us) {
        *next_us = hall->wake_at_us;
    } else {
        start_transfer(hall, bus, now_us);
        *next_us = bus_late_at_us(bus);
    }
    return outcome;
}

static void adjust(struct hall *hall, bool fast) {
    uint8_t octets[HALL_ADJUSTMENT_BYTES];
    hall->is_to_be_fast = fast;
    hall->is_to_adjust =
        hall->is_set_up && hall_part_adjustment((enum hall_part)hall->part, hall->level_mT, fast, octets) > 0;
}

void hall_look_closely(struct hall *hall) { adjust(hall, true); }

void hall_arm(struct hall *hall, uint8_t level_mT) {
    hall->level_mT = level_mT;
    adjust(hall, false);
}

void hall_hasten(struct hall *hall, uint64_t at_us) { hall->sample_at_us = earlier_of(hall->sample_at_us, at_us); }
