/*
 * TILT-1, TILT-2: reads the LIS3DH. Sets it up, looks whether it still is, and takes its samples when asked; between them the
 * part's own interrupt line tells of movements. A sample that fails is a result too, never silence.
 */
#ifndef TBR_ACCELEROMETER_H
#define TBR_ACCELEROMETER_H

#include "core/bus.h"

/* In thousandths of g; at rest it points upwards. */
struct acceleration {
    int16_t x;
    int16_t y;
    int16_t z;
};

enum accelerometer_outcome { ACCELEROMETER_NO_SAMPLE, ACCELEROMETER_SAMPLE, ACCELEROMETER_FAILURE };

#define ACCELEROMETER_BYTES 18u /* registers 20h to 31h */

struct accelerometer {
    uint64_t sample_at_us; /* the next transfer */
    struct acceleration value;
    uint8_t octets[ACCELEROMETER_BYTES];
    uint8_t setting;
    uint8_t same; /* samples in a row that were alike to the last bit */
    uint8_t brief_left; /* samples until settings and interrupt are looked at again */
    bool is_in_haste; /* set by the caller: samples may be brief */
    bool is_set_up;
    bool is_on_bus;
};

/* Moves on; *next_us is when to call again. After SAMPLE or FAILURE the caller sets when the next one is due. */
enum accelerometer_outcome accelerometer_step(struct accelerometer *part, struct bus *bus, uint64_t now_us,
                                              uint64_t *next_us);

#endif
