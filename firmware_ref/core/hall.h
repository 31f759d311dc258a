/*
 * MAG-1: samples the Hall sensor. Looks for it at 0x1E, then for the TMAG5273; sets it up; reads it every
 * CONFIG_HALL_SAMPLE_US, or sooner when asked. A sample that fails is a result too, never silence.
 */
#ifndef TBR_HALL_H
#define TBR_HALL_H

#include "core/bus.h"
#include "core/hall_part.h"

enum hall_outcome { HALL_NO_SAMPLE, HALL_SAMPLE, HALL_FAILURE };
enum hall_state { HALL_WAITING, HALL_SETTING_UP, HALL_ADJUSTING, HALL_READING };

struct hall {
    uint64_t wake_at_us;   /* the next transfer of the sample under way */
    uint64_t sample_at_us; /* the next sample */
    struct hall_field field;
    uint32_t samples;
    uint8_t octets[HALL_SAMPLE_BYTES];
    uint8_t part; /* enum hall_part: the one found, or being tried */
    uint8_t state;
    uint8_t setting;
    uint8_t tries;
    int16_t last[3]; /* the sample before, as the sensor gave it */
    uint8_t same;    /* samples in a row that were the one before, bit for bit */
    uint8_t level_mT;
    uint8_t adjustment[HALL_ADJUSTMENT_BYTES];
    bool is_to_adjust;
    bool is_to_be_fast;
    bool is_set_up;
    bool is_on_bus;
    bool has_field; /* the last sample has succeeded */
};

/* Moves on; *next_us is when to call again. After SAMPLE the field is that of now. */
enum hall_outcome hall_step(struct hall *hall, struct bus *bus, uint64_t now_us, uint64_t *next_us);
/* MAG-6: the sensor gives single conversions at its fastest, without a new level. */
void hall_look_closely(struct hall *hall);
/* MAG-6: back to the ordinary pace; from now on the sensor tells of a magnitude that reaches `level_mT`. */
void hall_arm(struct hall *hall, uint8_t level_mT);
/* The next sample comes at this time, not later. */
void hall_hasten(struct hall *hall, uint64_t at_us);

#endif
