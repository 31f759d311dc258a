/*
 * How warm board and terminals are: the chip's own sensor and a thermistor, looked at every CONFIG_TEMPERATURE_SAMPLE_US
 * (MET-4; MAG-2 corrects the Hall sensor's gain by it).
 */
#ifndef TBR_TEMPERATURE_H
#define TBR_TEMPERATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "hal/hal.h"

/* In tenths of a degree Celsius. */
struct temperature {
    uint64_t sample_at_us;
    int16_t board_dC;
    int16_t terminal_dC;
    bool is_board_known;
    bool is_terminal_known; /* false for a thermistor that is torn off or shorted */
};

/* Before the first sample the board counts as being at the temperature at which sensors are specified. */
void temperature_begin(struct temperature *temperature);
/* True when both have just been measured. Asks for no turn of the main loop of its own: samples of other sensors come often enough. */
bool temperature_step(struct temperature *temperature, uint64_t now_us);
/* The chip's sensor: 2.7 V - (T + 55) / 75. */
int16_t temperature_of_chip(uint16_t code);
/* The thermistor, 10 kohm and B 3435 K, below 10 kohm; false beyond the table's ends. */
bool temperature_of_thermistor(uint16_t code, int16_t *tenths);

#endif
