#include "core/front_end.h"

#include "config.h"
#include "core/bytes.h"
#include "hal/hal.h"

/*
 * An access: address (16 bits), read or write, data, high octet first. Data sheet, "SPI interface" and "optimum settings":
 * 0xAD to 0x0FE opens the reserved register 0x120 for the next write, which takes 0x30.
 */
#define READ 0x80u
#define WRITE 0x00u
#define REGISTER_UNLOCK 0x0FEu
#define REGISTER_RESERVED 0x120u
#define RESERVED_OPTIMUM 0x0030u

struct access {
    uint16_t address;
    uint8_t direction;
    uint8_t data_bytes;
    uint16_t data;
};

#define STEP_CHECK 2u
#define STEP_FIRST_CHANNEL 3u
#define STEP_FIRST_POWER (STEP_FIRST_CHANNEL + FRONT_END_CHANNELS)
#define STEP_FIRST_PEAK (STEP_FIRST_POWER + FRONT_END_POWERS)
#define STEP_COUNT (STEP_FIRST_PEAK + FRONT_END_PEAKS)

static const struct access accesses[STEP_COUNT] = {
    {.address = REGISTER_UNLOCK, .direction = WRITE, .data_bytes = 1, .data = 0xAD},
    {.address = REGISTER_RESERVED, .direction = WRITE, .data_bytes = 2, .data = RESERVED_OPTIMUM},
    [STEP_CHECK] = {.address = REGISTER_RESERVED, .direction = READ, .data_bytes = 2},
    [STEP_FIRST_CHANNEL + CHANNEL_LINE_CURRENT] = {.address = 0x21A, .direction = READ, .data_bytes = 3},
    [STEP_FIRST_CHANNEL + CHANNEL_NEUTRAL_CURRENT] = {.address = 0x21B, .direction = READ, .data_bytes = 3},
    [STEP_FIRST_CHANNEL + CHANNEL_VOLTAGE] = {.address = 0x21C, .direction = READ, .data_bytes = 3},
    [STEP_FIRST_POWER + POWER_LINE] = {.address = 0x212, .direction = READ, .data_bytes = 3},
    [STEP_FIRST_POWER + POWER_NEUTRAL] = {.address = 0x213, .direction = READ, .data_bytes = 3},
    [STEP_FIRST_POWER + POWER_LINE_REACTIVE] = {.address = 0x214, .direction = READ, .data_bytes = 3},
    /* Reading them resets them. */
    [STEP_FIRST_PEAK + PEAK_LINE] = {.address = 0x229, .direction = READ, .data_bytes = 3},
    [STEP_FIRST_PEAK + PEAK_NEUTRAL] = {.address = 0x22B, .direction = READ, .data_bytes = 3},
};

/* What one code is, in 2^-16 uA or uV: full scale is 9,032,007 codes. */
static const uint32_t code_weights[FRONT_END_CHANNELS] = {
    CONFIG_CURRENT_WEIGHT_Q16_UA, CONFIG_CURRENT_WEIGHT_Q16_UA, CONFIG_VOLTAGE_WEIGHT_Q16_UV};

void front_end_begin(struct front_end *front_end, const uint32_t *gains) { front_end->gains = gains; }

void front_end_hasten(struct front_end *front_end, uint64_t at_us) {
    front_end->sample_at_us = earlier_of(front_end->sample_at_us, at_us);
}

static void start_access(struct front_end *front_end, uint64_t now_us) {
    const struct access *access = &accesses[front_end->step];
    uint8_t *at = put_u16(front_end->octets, access->address);
    at = put_u8(at, access->direction);
    for (unsigned left = access->data_bytes; left > 0; left--) {
        at = put_u8(at, (uint8_t)((uint32_t)access->data >> (8u * (left - 1u))));
    }
    hal_spi_start(front_end->octets, front_end->octets, (uint8_t)(3u + access->data_bytes));
    front_end->is_on_bus = true;
    front_end->late_at_us = now_us + CONFIG_SPI_LATE_US;
}

static enum front_end_outcome end_sample(struct front_end *front_end, enum front_end_outcome outcome) {
    front_end->step = STEP_COUNT;
    front_end->is_set_up = outcome == FRONT_END_SAMPLE;
    front_end->has_values = outcome == FRONT_END_SAMPLE;
    return outcome;
}

/* Nobody on the line reads as all ones or all zeros; a part that runs has noise in at least one of the three. */
static bool is_nobody(const struct front_end *front_end) {
    const uint32_t any = front_end->codes[0] | front_end->codes[1] | front_end->codes[2];
    const uint32_t all = front_end->codes[0] & front_end->codes[1] & front_end->codes[2];
    return any == 0 || all == 0xFFFFFFu;
}

/* The powers say nothing where no current flows, and cost an access each. */
static enum front_end_outcome take_channels(struct front_end *front_end) {
    if (is_nobody(front_end)) {
        return end_sample(front_end, FRONT_END_FAILURE);
    }
    for (unsigned i = 0; i < FRONT_END_CHANNELS; i++) {
        const uint64_t nominal = (uint64_t)front_end->codes[i] * code_weights[i] >> 16;
        front_end->values[i] = (uint32_t)(nominal * front_end->gains[i] >> 16);
    }
    if (front_end->values[CHANNEL_LINE_CURRENT] >= CONFIG_POWER_START_UA ||
        front_end->values[CHANNEL_NEUTRAL_CURRENT] >= CONFIG_POWER_START_UA) {
        return FRONT_END_NO_SAMPLE;
    }
    for (unsigned i = 0; i < FRONT_END_POWERS; i++) {
        front_end->powers[i] = 0;
    }
    return end_sample(front_end, FRONT_END_SAMPLE);
}

/* A power's 24 bits are signed; it is trimmed by the gains of the voltage and of its current. */
static int32_t power_of(const struct front_end *front_end, unsigned power, uint32_t code) {
    const unsigned channel = power == POWER_NEUTRAL ? CHANNEL_NEUTRAL_CURRENT : CHANNEL_LINE_CURRENT;
    const bool is_negative = (code & 0x800000u) != 0;
    const uint32_t amount = is_negative ? 0x1000000u - code : code;
    uint64_t value = (uint64_t)amount * CONFIG_POWER_WEIGHT_Q16_MW >> 16;
    value = value * front_end->gains[channel] >> 16;
    value = value * front_end->gains[CHANNEL_VOLTAGE] >> 16;
    return is_negative ? -(int32_t)value : (int32_t)value;
}

static enum front_end_outcome take_access(struct front_end *front_end) {
    const uint8_t *data = &front_end->octets[3];
    if (front_end->step == STEP_CHECK && get_u16(data) != RESERVED_OPTIMUM) {
        return end_sample(front_end, FRONT_END_FAILURE);
    }
    const uint32_t code = (uint32_t)data[0] << 16 | get_u16(&data[1]);
    const unsigned step = front_end->step;
    front_end->step++;
    if (step >= STEP_FIRST_PEAK) {
        front_end->peaks[step - STEP_FIRST_PEAK] = code;
        front_end->has_peaks = front_end->step == STEP_COUNT;
        return front_end->has_peaks ? end_sample(front_end, FRONT_END_SAMPLE) : FRONT_END_NO_SAMPLE;
    }
    if (step >= STEP_FIRST_POWER) {
        front_end->powers[step - STEP_FIRST_POWER] = power_of(front_end, step - STEP_FIRST_POWER, code);
        const bool is_last = front_end->step == STEP_FIRST_PEAK && !front_end->wants_peaks;
        return is_last ? end_sample(front_end, FRONT_END_SAMPLE) : FRONT_END_NO_SAMPLE;
    }
    if (step >= STEP_FIRST_CHANNEL) {
        front_end->codes[step - STEP_FIRST_CHANNEL] = code;
    }
    return front_end->step == STEP_FIRST_POWER ? take_channels(front_end) : FRONT_END_NO_SAMPLE;
}

static enum front_end_outcome step_once(struct front_end *front_end, uint64_t now_us, uint64_t *next_us) {
    enum front_end_outcome outcome = FRONT_END_NO_SAMPLE;
    if (front_end->is_on_bus) {
        if (hal_spi_is_busy() && now_us < front_end->late_at_us) {
            *next_us = front_end->late_at_us;
            return FRONT_END_NO_SAMPLE;
        }
        front_end->is_on_bus = false;
        outcome = hal_spi_is_busy() ? end_sample(front_end, FRONT_END_FAILURE) : take_access(front_end);
    } else if (now_us >= front_end->sample_at_us) {
        front_end->sample_at_us = now_us + CONFIG_FRONT_END_SAMPLE_US;
        front_end->has_peaks = false;
        front_end->step = front_end->is_set_up ? STEP_FIRST_CHANNEL : 0;
    } else {
        *next_us = front_end->sample_at_us;
        return FRONT_END_NO_SAMPLE;
    }
    if (front_end->step == STEP_COUNT) {
        *next_us = front_end->sample_at_us;
    } else {
        start_access(front_end, now_us);
        *next_us = front_end->late_at_us;
    }
    return outcome;
}

/* Where the port waits for an access itself, the whole sample is done in one turn of the main loop. */
enum front_end_outcome front_end_step(struct front_end *front_end, uint64_t now_us, uint64_t *next_us) {
    enum front_end_outcome outcome = FRONT_END_NO_SAMPLE;
    do {
        outcome = step_once(front_end, now_us, next_us);
    } while (front_end->is_on_bus && !hal_spi_is_busy());
    return outcome;
}
