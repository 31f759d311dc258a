/*
 * MET-4: terminals warmer than what the board's own temperature explains: a loose or shunted contact, or an overload. A hot
 * day warms both. Pure: it is told each pair and answers with at most one change.
 */
#ifndef TBR_HEAT_H
#define TBR_HEAT_H

#include <stdbool.h>
#include <stdint.h>

struct heat {
    uint64_t first_us; /* the first of the samples that agree */
    uint8_t agreeing;
    bool is_over; /* the decided state */
};

struct heat_change {
    bool over;
    uint64_t first_us;
};

/* True when this sample has completed a change. In tenths of a degree Celsius. */
bool heat_take(struct heat *heat, int16_t board_dC, int16_t terminal_dC, uint64_t now_us, struct heat_change *change);

#endif
