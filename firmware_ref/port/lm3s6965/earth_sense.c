/* MET-3: the earth sense on PD0, an input without a pull: the board holds it low, the coupler high while L is live. */
#include "port/lm3s6965/port.h"

void earth_sense_begin(void) { GPIO_DEN(GPIO_D_BASE) = GPIO_DEN(GPIO_D_BASE) | EARTH_SENSE_PIN; }

bool hal_line_is_live(void) { return (GPIO_DATA(GPIO_D_BASE, EARTH_SENSE_PIN) & EARTH_SENSE_PIN) != 0; }
