/* The lines of a data block as octets: OBIS code, value, unit (docs/readout.md). Pure. */
#ifndef TBR_READOUT_TEXT_H
#define TBR_READOUT_TEXT_H

#include "core/readout.h"

/* Puts line `number` from 0 without CR LF; returns its length, 0 after the last. */
unsigned readout_put_line(uint8_t line[READOUT_LINE_BYTES], unsigned number, const struct readout_values *values,
                          const uint8_t *title);

/* What texts are made of; each returns where it ended. put_digits() cuts off at the left what does not fit. */
uint8_t *put_text(uint8_t *at, const char *text);
uint8_t *put_digits(uint8_t *at, uint32_t value, unsigned digits);
uint8_t *put_hex(uint8_t *at, uint32_t value, unsigned digits);
/* "2026-06-01 08:00:12" */
uint8_t *put_date(uint8_t *at, const struct hal_utc *utc);

#endif
