/*
 * MAG-5: a current transformer whose core a magnet saturates, told by the waveform alone. One half wave is cut short, so the
 * line current's peak stands too high above its RMS value; the neutral's resistor shows what the load's own waveform is, so a
 * rectifier's crest factor, which both have, is no saturation. Pure: it is told both and answers with at most one change.
 */
#ifndef TBR_SATURATION_H
#define TBR_SATURATION_H

#include <stdbool.h>
#include <stdint.h>

struct saturation {
    uint64_t first_us; /* the first of the samples that agree */
    uint64_t taken_us;
    uint8_t agreeing;
    bool is_present; /* the decided state */
};

struct saturation_change {
    bool present;
    uint64_t first_us;
};

/* True when this sample has completed a change. Peaks and RMS values of line and neutral in codes: the channels' gains cancel. */
bool saturation_take(struct saturation *saturation, const uint32_t *peaks, const uint32_t *rms, uint64_t now_us,
                     struct saturation_change *change);
/* Whether the next sample shall take the peaks: every second, and each time while something is not as it was. */
bool saturation_wants_peaks(const struct saturation *saturation, const uint32_t *rms, uint64_t now_us);

#endif
