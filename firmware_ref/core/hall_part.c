#include "core/hall_part.h"

#include <stddef.h>

#include "config.h"
#include "core/bytes.h"

/* Reference part: HMC5883L's addresses and order, +-200 mT at 10 uT per bit, an overload flag. */
#define REFERENCE_MODE_CONTINUOUS 0x00u
#define REFERENCE_STATUS_READY (1u << 0)
#define REFERENCE_STATUS_OVERLOAD (1u << 2)
#define REFERENCE_STATUS_EXCEEDED (1u << 3)
#define REFERENCE_LIMIT 20000
#define REFERENCE_CRA 0x00u
#define REFERENCE_THRESHOLD 0x0Du /* the register after it is CRA again */
#define REFERENCE_PACE 0x70u
#define REFERENCE_PACE_FAST 0x7Cu

/* TMAG5273A2 (TI, SLYS045): +-266 mT, 8.12 uT per bit; maker 5449h, low octet first. */
#define TMAG_NT_PER_BIT 8120
#define TMAG_RESULT_READY (1u << 0)
#define TMAG_POWER_ON_RESET (1u << 4)

static const struct hall_layout layouts[HALL_PARTS] = {
    /* mode, X, Z, Y, status */
    [HALL_REFERENCE] = {.address = CONFIG_HALL_ADDRESS, .first_register = 0x02, .length = 8,
                        .drift_ppm_per_K = CONFIG_HALL_DRIFT_PPM_PER_K},
    /* X, Y, Z, conversion status */
    [HALL_TMAG5273] = {.address = CONFIG_HALL_TMAG_ADDRESS, .first_register = 0x12, .length = 7},
};

/* Range first, mode last, so that the first conversion is of the right range. */
static const uint8_t reference_settings[][HALL_SETTING_BYTES] = {
    {REFERENCE_CRA, REFERENCE_PACE},
    {REFERENCE_THRESHOLD, CONFIG_MAGNET_TRIP_10_UT / 100},
    {0x01, 0x20},                      /* CRB: +-200 mT */
    {0x02, REFERENCE_MODE_CONTINUOUS}, /* MODE, as MAG-1 asks */
};
static const uint8_t tmag_settings[][HALL_SETTING_BYTES] = {
    {0x18, TMAG_POWER_ON_RESET}, /* CONV_STATUS: one clears the flag, which then tells of a reset */
    {0x02, 0x70},                /* SENSOR_CONFIG_1: X, Y and Z */
    {0x03, 0x03},                /* SENSOR_CONFIG_2: the larger range */
    {0x00, 0x14},                /* DEVICE_CONFIG_1: average of 32 */
    {0x01, 0x02},                /* DEVICE_CONFIG_2: continuous */
};

const struct hall_layout *hall_part_layout(enum hall_part part) { return &layouts[part]; }

const uint8_t *hall_part_setting(enum hall_part part, unsigned number) {
    const bool is_reference = part == HALL_REFERENCE;
    const unsigned count = is_reference ? sizeof reference_settings / HALL_SETTING_BYTES
                                        : sizeof tmag_settings / HALL_SETTING_BYTES;
    if (number >= count) {
        return NULL;
    }
    return is_reference ? reference_settings[number] : tmag_settings[number];
}

uint8_t hall_part_adjustment(enum hall_part part, uint8_t level_mT, bool fast, uint8_t *octets) {
    if (part != HALL_REFERENCE) {
        return 0;
    }
    octets[0] = fast ? REFERENCE_CRA : REFERENCE_THRESHOLD;
    octets[1] = fast ? REFERENCE_PACE_FAST : level_mT;
    octets[2] = REFERENCE_PACE;
    return fast ? 2u : 3u;
}

static int32_t get_i16(const uint8_t *at) { return (int32_t)(int16_t)get_u16(at); }

static bool is_at_end(int32_t value, int32_t limit) { return value >= limit || value <= -limit; }

static enum hall_answer decode_reference(const uint8_t *octets, struct hall_field *field) {
    const uint8_t status = octets[7];
    if (octets[0] != REFERENCE_MODE_CONTINUOUS) {
        return HALL_LOST;
    }
    if ((status & REFERENCE_STATUS_READY) == 0) {
        return HALL_NOT_READY;
    }
    field->x = get_i16(&octets[1]);
    field->z = get_i16(&octets[3]);
    field->y = get_i16(&octets[5]);
    field->has_exceeded = (status & REFERENCE_STATUS_EXCEEDED) != 0;
    field->is_clipped = (status & REFERENCE_STATUS_OVERLOAD) != 0 || is_at_end(field->x, REFERENCE_LIMIT) ||
                        is_at_end(field->y, REFERENCE_LIMIT) || is_at_end(field->z, REFERENCE_LIMIT);
    return HALL_GOOD;
}

static enum hall_answer decode_tmag(const uint8_t *octets, struct hall_field *field) {
    int32_t axes[3];
    const uint8_t status = octets[6];
    if ((status & TMAG_POWER_ON_RESET) != 0) {
        return HALL_LOST;
    }
    if ((status & TMAG_RESULT_READY) == 0) {
        return HALL_NOT_READY;
    }
    field->is_clipped = false;
    field->has_exceeded = false;
    for (unsigned i = 0; i < 3u; i++) {
        const int32_t raw = get_i16(&octets[2u * i]);
        field->is_clipped = field->is_clipped || is_at_end(raw, INT16_MAX);
        axes[i] = raw * TMAG_NT_PER_BIT / 10000;
    }
    field->x = axes[0];
    field->y = axes[1];
    field->z = axes[2];
    return HALL_GOOD;
}

enum hall_answer hall_part_decode(enum hall_part part, const uint8_t *octets, struct hall_field *field) {
    return part == HALL_REFERENCE ? decode_reference(octets, field) : decode_tmag(octets, field);
}

/* A correction of a fifth of the reading at most: the sums stay within 32 bits. */
static int32_t gain_at_e4(enum hall_part part, int16_t board_dC) {
    const int32_t warmer_dK = (int32_t)board_dC - CONFIG_HALL_REFERENCE_DC;
    return 10000 + layouts[part].drift_ppm_per_K * warmer_dK / 1000;
}

uint8_t hall_part_level_mT(enum hall_part part, int16_t board_dC, int32_t level_10_uT) {
    return (uint8_t)((level_10_uT * gain_at_e4(part, board_dC) / 10000 + 50) / 100);
}

void hall_part_compensate(enum hall_part part, int16_t board_dC, struct hall_field *field) {
    const int32_t gain_e4 = gain_at_e4(part, board_dC);
    field->x = field->x * 10000 / gain_e4;
    field->y = field->y * 10000 / gain_e4;
    field->z = field->z * 10000 / gain_e4;
}
