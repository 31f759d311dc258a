/* The lines of a data block as octets: OBIS code, value, unit (docs/readout.md). Pure. */
#ifndef TBR_READOUT_TEXT_H
#define TBR_READOUT_TEXT_H

#include "core/readout.h"

/* Puts line `number` from 0 without CR LF; returns its length, 0 after the last. */
unsigned readout_put_line(uint8_t line[READOUT_LINE_BYTES], unsigned number, const struct readout_values *values,
                          const uint8_t *title);

#endif
