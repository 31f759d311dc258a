/*
 * The Hall sensors this meter may carry, as octets: how each is recognised and set up, where its data lie, what they mean
 * (MAG-1). Pure: no access, no state.
 */
#ifndef TBR_HALL_PART_H
#define TBR_HALL_PART_H

#include <stdbool.h>
#include <stdint.h>

/* Flux density in 10 uT, as the reference part counts: 100 are 1 mT. */
struct hall_field {
    int32_t x;
    int32_t y;
    int32_t z;
    bool is_clipped;   /* a component stands at the end of the sensor's range: the true one is at least as large */
    bool has_exceeded; /* the sensor says that the magnitude reached its level since that was set (MAG-6) */
};

enum hall_part { HALL_REFERENCE, HALL_TMAG5273, HALL_PARTS };

/* LOST: the sensor's mode or identity is not what was set up, as after a break of its supply. */
enum hall_answer { HALL_GOOD, HALL_NOT_READY, HALL_LOST };

#define HALL_SAMPLE_BYTES 8u
#define HALL_SETTING_BYTES 2u
#define HALL_ADJUSTMENT_BYTES 3u

/* How to talk to the part: what is read for a sample. */
struct hall_layout {
    uint8_t address;
    uint8_t first_register;
    uint8_t length;
    int16_t drift_ppm_per_K; /* of the gain, nominal */
};
const struct hall_layout *hall_part_layout(enum hall_part part);
/* The part's setting `number` from 0 as register and value; NULL after the last. */
const uint8_t *hall_part_setting(enum hall_part part, unsigned number);
/*
 * MAG-6: fills in the octets that change the part's pace, or set its level and bring it back to its ordinary pace; returns
 * how many, 0 where the part has no such thing.
 */
uint8_t hall_part_adjustment(enum hall_part part, uint8_t level_mT, bool fast, uint8_t *octets);
/* Decodes a sample; `field` is set when the answer is GOOD. */
enum hall_answer hall_part_decode(enum hall_part part, const uint8_t *octets, struct hall_field *field);
/* MAG-2: takes the nominal drift of the part's gain out of a field measured at this temperature, in tenths of a degree. */
void hall_part_compensate(enum hall_part part, int16_t board_dC, struct hall_field *field);
/* MAG-6: what the part's comparator must be set to for this true magnitude, which it compares without that correction. */
uint8_t hall_part_level_mT(enum hall_part part, int16_t board_dC, int32_t level_10_uT);

#endif
