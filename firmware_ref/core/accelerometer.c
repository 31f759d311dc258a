#include "core/accelerometer.h"

#include "config.h"

/* Register numbers of the LIS3DH (ST, DocID17530); bit 7 lets the number count up. */
#define COUNT_UP 0x80u
#define STATUS_AT 0x07u /* places in a sample: STATUS 27h, OUT 28h to 2Dh, INT1_CFG 30h, INT1_SRC 31h */
#define OUT_AT 0x08u
#define INT1_CONFIG_AT 0x10u
#define BRIEF_BYTES (OUT_AT + 6u - STATUS_AT)
#define STATUS_NEW (1u << 3)
#define MG_16_PER_BIT 4 /* left-justified, 12 bits, 1 mg each: the lowest four are nothing */

/*
 * 100 samples a second, 12 bits, +-2 g; a high-pass of 0.2 Hz before the interrupt only, which is latched at 64 mg on any axis.
 * Each setting: length, then octets.
 */
static const uint8_t settings[][7] = {
    {6, 0x20 | COUNT_UP, 0x57, 0xB1, 0x40, 0x88, 0x08}, /* CTRL1 to CTRL5 */
    {3, 0x32 | COUNT_UP, 0x04, 0x00},                   /* INT1_THS, INT1_DURATION */
    {2, 0x30, 0x2A},                                    /* INT1_CFG: high on X, Y or Z */
};
#define SETTINGS (sizeof settings / sizeof settings[0])
static const uint8_t first_register = 0x20 | COUNT_UP, first_brief_register = 0x27 | COUNT_UP;

/* Status and axes; the settings and the interrupt are looked at now and then. */
static void ask_briefly(struct accelerometer *part, struct hal_i2c_transfer *transfer) {
    part->brief_left--;
    transfer->tx = &first_brief_register;
    transfer->rx = &part->octets[STATUS_AT];
    transfer->rx_length = BRIEF_BYTES;
}

static void ask_fully(struct accelerometer *part, struct hal_i2c_transfer *transfer) {
    part->brief_left = CONFIG_MOTION_BRIEF_SAMPLES;
    transfer->tx = &first_register;
    transfer->rx = part->octets;
    transfer->rx_length = ACCELEROMETER_BYTES;
}

static void start_transfer(struct accelerometer *part, struct bus *bus, uint64_t now_us) {
    struct hal_i2c_transfer transfer = {.address = CONFIG_ACCELEROMETER_ADDRESS, .fast = true};
    if (part->is_set_up) {
        transfer.tx_length = 1;
        if (part->is_in_haste && part->brief_left > 0) {
            ask_briefly(part, &transfer);
        } else {
            ask_fully(part, &transfer);
        }
    } else {
        transfer.tx = &settings[part->setting][1];
        transfer.tx_length = settings[part->setting][0];
    }
    bus_request(bus, BUS_MOTION, &transfer, now_us);
    part->is_on_bus = true;
}

/* A part that was without supply for a moment has other settings: it is set up anew. It gives no new values before that. */
static bool is_as_set_up(const struct accelerometer *part) {
    bool is_same = part->octets[INT1_CONFIG_AT] == settings[SETTINGS - 1u][2];
    for (unsigned i = 0; i + 1u < settings[0][0]; i++) {
        is_same = is_same && part->octets[i] == settings[0][2u + i];
    }
    return is_same;
}

static int16_t get_axis(const struct accelerometer *part, unsigned axis) {
    const uint8_t *at = &part->octets[OUT_AT + 2u * axis];
    return (int16_t)((int16_t)(at[0] | at[1] << 8) / (1 << MG_16_PER_BIT));
}

static enum accelerometer_outcome fail(struct accelerometer *part) {
    part->is_set_up = false;
    part->setting = 0;
    part->brief_left = 0;
    return ACCELEROMETER_FAILURE;
}

static enum accelerometer_outcome take_sample(struct accelerometer *part) {
    if (!is_as_set_up(part) || (part->octets[STATUS_AT] & STATUS_NEW) == 0) {
        return fail(part);
    }
    const struct acceleration value = {get_axis(part, 0), get_axis(part, 1), get_axis(part, 2)};
    const bool is_same = value.x == part->value.x && value.y == part->value.y && value.z == part->value.z;
    part->value = value;
    part->same = (uint8_t)(is_same ? part->same + 1u : 0u);
    if (part->same < CONFIG_MOTION_SAME_SAMPLES) {
        return ACCELEROMETER_SAMPLE;
    }
    part->same = CONFIG_MOTION_SAME_SAMPLES - 1u;
    return ACCELEROMETER_FAILURE; /* its data stand still */
}

static enum accelerometer_outcome take_result(struct accelerometer *part, enum bus_result result, uint64_t now_us) {
    part->is_on_bus = false;
    if (result != BUS_DONE) {
        return fail(part);
    }
    if (part->is_set_up) {
        return take_sample(part);
    }
    part->setting++;
    part->is_set_up = part->setting == SETTINGS;
    /* The first sample comes 7 periods after the part was switched on at the latest. */
    part->sample_at_us = part->is_set_up ? now_us + CONFIG_MOTION_NEAR_US : now_us;
    return ACCELEROMETER_NO_SAMPLE;
}

enum accelerometer_outcome accelerometer_step(struct accelerometer *part, struct bus *bus, uint64_t now_us,
                                              uint64_t *next_us) {
    enum accelerometer_outcome outcome = ACCELEROMETER_NO_SAMPLE;
    if (part->is_on_bus) {
        const enum bus_result result = bus_poll(bus, BUS_MOTION, now_us);
        if (result == BUS_BUSY) {
            *next_us = bus_late_at_us(bus);
            return ACCELEROMETER_NO_SAMPLE;
        }
        outcome = take_result(part, result, now_us);
    } else if (now_us >= part->sample_at_us) {
        start_transfer(part, bus, now_us);
        *next_us = bus_late_at_us(bus);
        return ACCELEROMETER_NO_SAMPLE;
    }
    *next_us = part->sample_at_us;
    return outcome;
}
