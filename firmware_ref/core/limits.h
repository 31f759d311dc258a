/*
 * Thresholds that are set in the field (SEAL-2, SEAL-3, TILT-1, TILT-2): the diagnostic port's line of them, and the word in
 * which the battery keeps them. Pure.
 */
#ifndef TBR_LIMITS_H
#define TBR_LIMITS_H

#include "core/parameters.h"

enum limits_line { LIMITS_NO_LINE, LIMITS_ASKED, LIMITS_WANTED, LIMITS_REFUSED };

/*
 * The line "limits" asks for the values in force; "limits DEBOUNCE STORM TILT VIBRATION" wants others: ms, ms, degrees, ms. One
 * that is written otherwise, or asks for what a requirement does not allow, is refused as a whole.
 */
enum limits_line limits_parse(const uint8_t *line, unsigned length, struct tamper_limits *limits);

/* Never 0: that is a battery's word in which nothing was kept. */
uint32_t limits_pack(const struct tamper_limits *limits);
/* False where nothing was kept, or what no requirement allows. */
bool limits_unpack(uint32_t word, struct tamper_limits *limits);

#endif
