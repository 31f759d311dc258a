#include "core/parameters.h"

#include "config.h"
#include "core/bytes.h"
#include "core/crc.h"

#define MAGIC_PARAMETERS 0x54425031u /* "TBP1" */
#define MAGIC_GAINS 0x54424731u      /* "TBG1" */
#define MAGIC_ACCESS 0x54425331u     /* "TBS1" */
#define MAGIC_LIMITS 0x54424C31u     /* "TBL1" */
#define GAIN_LEAST_Q16 52428u        /* 0.8 to 1.25: more than any adjustment of a meter needs */
#define GAIN_MOST_Q16 81920u

/* magic 4, originator title 8, recipient title 8, CRC 4 */
static bool is_parties_block(const uint8_t *block) {
    return get_u32(block) == MAGIC_PARAMETERS &&
           get_u32(&block[PARAMETERS_BYTES - 4u]) == crc32_ieee(block, PARAMETERS_BYTES - 4u);
}

void parameters_read(const uint8_t *page, struct alert_parties *parties) {
    static const struct alert_parties reference = {.originator = {'T', 'B', 'R', 0, 0, 0, 0, 1},
                                                   .recipient = {'T', 'B', 'R', 'H', 'E', 'A', 'D', '1'}};
    *parties = reference;
    if (page == NULL || !is_parties_block(page)) {
        return;
    }
    put_octets(parties->originator, &page[4], SYSTEM_TITLE_BYTES);
    put_octets(parties->recipient, &page[12], SYSTEM_TITLE_BYTES);
}

static bool is_gain_block(const uint8_t *block) {
    bool is_good = get_u32(block) == MAGIC_GAINS &&
                   get_u32(&block[PARAMETERS_GAINS_BYTES - 4u]) == crc32_ieee(block, PARAMETERS_GAINS_BYTES - 4u);
    for (unsigned i = 0; i < FRONT_END_CHANNELS; i++) {
        const uint32_t gain = get_u32(&block[4u + 4u * i]);
        is_good = is_good && gain >= GAIN_LEAST_Q16 && gain <= GAIN_MOST_Q16;
    }
    return is_good;
}

void parameters_read_gains(const uint8_t *page, uint32_t gains[FRONT_END_CHANNELS]) {
    const bool is_known = page != NULL && is_gain_block(&page[PARAMETERS_GAINS_AT]);
    for (unsigned i = 0; i < FRONT_END_CHANNELS; i++) {
        gains[i] = is_known ? get_u32(&page[PARAMETERS_GAINS_AT + 4u + 4u * i]) : CONFIG_GAIN_ONE_Q16;
    }
}

const uint8_t *parameters_find_access(const uint8_t *page) {
    if (page == NULL) {
        return NULL;
    }
    const uint8_t *block = &page[PARAMETERS_ACCESS_AT];
    const bool is_good = get_u32(block) == MAGIC_ACCESS &&
                         get_u32(&block[PARAMETERS_ACCESS_BYTES - 4u]) == crc32_ieee(block, PARAMETERS_ACCESS_BYTES - 4u);
    return is_good ? &block[4] : NULL;
}

bool parameters_allow(const struct tamper_limits *limits) {
    return limits->debounce_ms >= CONFIG_SEAL_DEBOUNCE_LEAST_MS && limits->debounce_ms <= limits->storm_debounce_ms &&
           limits->storm_debounce_ms <= CONFIG_SEAL_DEBOUNCE_MOST_MS && limits->tilt_deg >= CONFIG_TILT_LEAST_DEG &&
           limits->tilt_deg <= CONFIG_TILT_MOST_DEG && limits->vibration_ms >= CONFIG_VIBRATION_LEAST_MS &&
           limits->vibration_ms <= CONFIG_VIBRATION_MOST_MS;
}

/* magic 4, debounce 2, debounce in a storm 2, tilt 2, vibration 2, CRC 4 */
static bool read_limits_block(const uint8_t *block, struct tamper_limits *limits) {
    *limits = (struct tamper_limits){.debounce_ms = get_u16(&block[4]),
                                     .storm_debounce_ms = get_u16(&block[6]),
                                     .tilt_deg = get_u16(&block[8]),
                                     .vibration_ms = get_u16(&block[10])};
    return get_u32(block) == MAGIC_LIMITS && parameters_allow(limits) &&
           get_u32(&block[PARAMETERS_LIMITS_BYTES - 4u]) == crc32_ieee(block, PARAMETERS_LIMITS_BYTES - 4u);
}

void parameters_read_limits(const uint8_t *page, struct tamper_limits *limits) {
    if (page == NULL || !read_limits_block(&page[PARAMETERS_LIMITS_AT], limits)) {
        *limits = (struct tamper_limits){.debounce_ms = CONFIG_SEAL_DEBOUNCE_US / 1000u,
                                         .storm_debounce_ms = CONFIG_STORM_DEBOUNCE_US / 1000u,
                                         .tilt_deg = CONFIG_TILT_DEG,
                                         .vibration_ms = CONFIG_VIBRATION_MS};
    }
}

static bool is_blank(const uint8_t *block, unsigned count) {
    uint8_t all = 0xFF;
    for (unsigned i = 0; i < count; i++) {
        all &= block[i];
    }
    return all == 0xFF;
}

bool parameters_are_damaged(const uint8_t *page) {
    struct tamper_limits limits;
    if (page == NULL) {
        return false;
    }
    const uint8_t *gains = &page[PARAMETERS_GAINS_AT], *access = &page[PARAMETERS_ACCESS_AT];
    const uint8_t *limits_block = &page[PARAMETERS_LIMITS_AT];
    return (!is_parties_block(page) && !is_blank(page, PARAMETERS_BYTES)) ||
           (!is_gain_block(gains) && !is_blank(gains, PARAMETERS_GAINS_BYTES)) ||
           (parameters_find_access(page) == NULL && !is_blank(access, PARAMETERS_ACCESS_BYTES)) ||
           (!read_limits_block(limits_block, &limits) && !is_blank(limits_block, PARAMETERS_LIMITS_BYTES));
}
