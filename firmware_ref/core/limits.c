#include "core/limits.h"

#include "core/bytes.h"

#define NAME_LENGTH 6u
#define NUMBERS 4u
#define DIGITS_MOST 4u

/* From the most significant bit: debounce 7, debounce in a storm 7, tilt 5, vibration 13, each above its least value. */
#define VIBRATION_BITS 13u
#define TILT_BITS 5u
#define DEBOUNCE_BITS 7u
#define TILT_BASE_DEG (CONFIG_TILT_LEAST_DEG - 1u) /* so that it is never 0, nor is the word */

/* A space and one to four digits; moves on behind them. */
static bool take_number(const uint8_t *line, unsigned length, unsigned *at, uint16_t *number) {
    if (*at >= length || line[*at] != ' ') {
        return false;
    }
    const unsigned first = *at + 1u;
    uint32_t value = 0;
    *at = first;
    while (*at < length && *at - first < DIGITS_MOST && line[*at] >= '0' && line[*at] <= '9') {
        value = 10u * value + line[*at] - '0';
        (*at)++;
    }
    *number = (uint16_t)value;
    return *at > first;
}

enum limits_line limits_parse(const uint8_t *line, unsigned length, struct tamper_limits *limits) {
    unsigned at = NAME_LENGTH;
    if (length < NAME_LENGTH || !same_octets(line, (const uint8_t *)"limits", NAME_LENGTH)) {
        return LIMITS_NO_LINE;
    }
    if (length == NAME_LENGTH) {
        return LIMITS_ASKED;
    }
    uint16_t numbers[NUMBERS];
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (!take_number(line, length, &at, &numbers[i])) {
            return LIMITS_REFUSED;
        }
    }
    *limits = (struct tamper_limits){
        .debounce_ms = numbers[0], .storm_debounce_ms = numbers[1], .tilt_deg = numbers[2], .vibration_ms = numbers[3]};
    return at == length && parameters_allow(limits) ? LIMITS_WANTED : LIMITS_REFUSED;
}

uint32_t limits_pack(const struct tamper_limits *limits) {
    uint32_t word = limits->debounce_ms - CONFIG_SEAL_DEBOUNCE_LEAST_MS;
    word = word << DEBOUNCE_BITS | (limits->storm_debounce_ms - CONFIG_SEAL_DEBOUNCE_LEAST_MS);
    word = word << TILT_BITS | (limits->tilt_deg - TILT_BASE_DEG);
    return word << VIBRATION_BITS | (limits->vibration_ms - CONFIG_VIBRATION_LEAST_MS);
}

static uint32_t take_bits(uint32_t *word, unsigned count) {
    const uint32_t bits = *word & ((1u << count) - 1u);
    *word >>= count;
    return bits;
}

bool limits_unpack(uint32_t word, struct tamper_limits *limits) {
    limits->vibration_ms = (uint16_t)(take_bits(&word, VIBRATION_BITS) + CONFIG_VIBRATION_LEAST_MS);
    limits->tilt_deg = (uint16_t)(take_bits(&word, TILT_BITS) + TILT_BASE_DEG);
    limits->storm_debounce_ms = (uint16_t)(take_bits(&word, DEBOUNCE_BITS) + CONFIG_SEAL_DEBOUNCE_LEAST_MS);
    limits->debounce_ms = (uint16_t)(word + CONFIG_SEAL_DEBOUNCE_LEAST_MS);
    return parameters_allow(limits);
}
