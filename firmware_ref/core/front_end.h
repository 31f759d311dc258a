/*
 * The metrology front end ADE7953 on SPI: unlocks it, checks that it is there, and reads line current, neutral current
 * and voltage every CONFIG_FRONT_END_SAMPLE_US (MET-1), and the powers while a current flows (MET-2, MET-3);
 * on demand the currents' peaks as well (MAG-5).
 */
#ifndef TBR_FRONT_END_H
#define TBR_FRONT_END_H

#include <stdbool.h>
#include <stdint.h>

enum front_end_channel { CHANNEL_LINE_CURRENT, CHANNEL_NEUTRAL_CURRENT, CHANNEL_VOLTAGE, FRONT_END_CHANNELS };
enum front_end_power { POWER_LINE, POWER_NEUTRAL, POWER_LINE_REACTIVE, FRONT_END_POWERS };
enum front_end_peak { PEAK_LINE, PEAK_NEUTRAL, FRONT_END_PEAKS };
enum front_end_outcome { FRONT_END_NO_SAMPLE, FRONT_END_SAMPLE, FRONT_END_FAILURE };

#define FRONT_END_ACCESS_BYTES 6u

struct front_end {
    uint64_t sample_at_us;
    uint64_t late_at_us;
    uint32_t codes[FRONT_END_CHANNELS];                /* RMS, as read */
    uint32_t values[FRONT_END_CHANNELS];               /* RMS: uA, uA, uV */
    int32_t powers[FRONT_END_POWERS];                  /* mW, mW, mvar; 0 while no current flows */
    uint32_t peaks[FRONT_END_PEAKS];                   /* codes, the largest since the last sample with peaks */
    const uint32_t *gains;                             /* per channel, 65536 is 1.0 */
    uint8_t octets[FRONT_END_ACCESS_BYTES];
    uint8_t step;
    bool is_on_bus;
    bool is_set_up;
    bool has_values;
    bool wants_peaks; /* the next sample takes them, while a current flows */
    bool has_peaks;   /* the last sample has */
};

/* On zeroed memory. The gains stay where they are. */
void front_end_begin(struct front_end *front_end, const uint32_t *gains);
/* Moves on; *next_us is when to call again. After SAMPLE the values are those of now. */
enum front_end_outcome front_end_step(struct front_end *front_end, uint64_t now_us, uint64_t *next_us);
/* The next sample comes at this time, not later. */
void front_end_hasten(struct front_end *front_end, uint64_t at_us);

#endif
