#include "core/temperature.h"

#include "config.h"

/* MET-4: divider of 10 kohm and thermistor, in codes of 1024, every 15 K from -55 to +140 degrees Celsius. */
#define TABLE_FIRST_DC (-550)
#define TABLE_STEP_DC 150
static const uint16_t thermistor_codes[] = {1009, 984, 932, 842, 713, 562, 417, 298, 209, 146, 103, 74, 54, 40};
#define TABLE_ENTRIES (sizeof thermistor_codes / sizeof thermistor_codes[0])

/* 3.0 V reference: T = 147.5 - 225 x code / 1024, in tenths. */
int16_t temperature_of_chip(uint16_t code) { return (int16_t)(1475 - (int32_t)code * 2250 / 1024); }

bool temperature_of_thermistor(uint16_t code, int16_t *tenths) {
    if (code > thermistor_codes[0] || code < thermistor_codes[TABLE_ENTRIES - 1u]) {
        return false;
    }
    unsigned at = 1;
    while (code < thermistor_codes[at]) {
        at++;
    }
    const int32_t above = (int32_t)code - thermistor_codes[at];
    const int32_t span = (int32_t)thermistor_codes[at - 1u] - thermistor_codes[at];
    *tenths = (int16_t)(TABLE_FIRST_DC + TABLE_STEP_DC * (int32_t)at - TABLE_STEP_DC * above / span);
    return true;
}

void temperature_begin(struct temperature *temperature) { temperature->board_dC = CONFIG_HALL_REFERENCE_DC; }

bool temperature_step(struct temperature *temperature, uint64_t now_us) {
    struct hal_adc adc;
    if (now_us < temperature->sample_at_us) {
        return false;
    }
    temperature->sample_at_us = now_us + CONFIG_TEMPERATURE_SAMPLE_US;
    temperature->is_board_known = hal_adc_read(&adc);
    temperature->is_terminal_known = false;
    if (!temperature->is_board_known) {
        return false;
    }
    temperature->board_dC = temperature_of_chip(adc.chip);
    temperature->is_terminal_known = temperature_of_thermistor(adc.terminal, &temperature->terminal_dC);
    return temperature->is_terminal_known;
}
