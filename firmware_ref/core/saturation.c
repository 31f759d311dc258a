#include "core/saturation.h"

#include "config.h"

#define LINE 0u
#define NEUTRAL 1u

/* Crest factor of the line over that of the neutral, above 1 by so many percent; without division. */
static bool crest_exceeds(const uint32_t *peaks, const uint32_t *rms, uint32_t percent) {
    const uint64_t line = (uint64_t)peaks[LINE] * rms[NEUTRAL];
    const uint64_t neutral = (uint64_t)peaks[NEUTRAL] * rms[LINE];
    return line * 100u > neutral * (100u + percent);
}

/* What of the line's peak is surely not noise. A shunt leaves a small current with noise on it, a saturated core high pulses. */
static uint32_t sure_peak(const uint32_t *shown, const uint32_t *rms) {
    const uint32_t noise = rms[LINE] < CONFIG_SATURATION_START_CODES ? CONFIG_SATURATION_NOISE_CODES : 0;
    return shown[LINE] > noise ? shown[LINE] - noise : 0;
}

/* Too small a load shows noise, not its waveform: the decided state stays. */
static bool speaks_for_change(const struct saturation *saturation, const uint32_t *shown, const uint32_t *rms) {
    const uint32_t peaks[] = {sure_peak(shown, rms), shown[NEUTRAL]};
    if (rms[NEUTRAL] < CONFIG_SATURATION_START_CODES) {
        return false;
    }
    return saturation->is_present ? !crest_exceeds(peaks, rms, CONFIG_SATURATION_RESTORE_PERCENT)
                                  : crest_exceeds(peaks, rms, CONFIG_SATURATION_TRIP_PERCENT);
}

bool saturation_take(struct saturation *saturation, const uint32_t *peaks, const uint32_t *rms, uint64_t now_us,
                     struct saturation_change *change) {
    saturation->taken_us = now_us;
    if (!speaks_for_change(saturation, peaks, rms)) {
        saturation->agreeing = 0;
        return false;
    }
    if (saturation->agreeing == 0) {
        saturation->first_us = now_us;
    }
    saturation->agreeing++;
    if (saturation->agreeing < CONFIG_SATURATION_SAMPLES) {
        return false;
    }
    saturation->agreeing = 0;
    saturation->is_present = !saturation->is_present;
    *change = (struct saturation_change){.present = saturation->is_present, .first_us = saturation->first_us};
    return true;
}

bool saturation_wants_peaks(const struct saturation *saturation, const uint32_t *rms, uint64_t now_us) {
    const bool is_low = (uint64_t)rms[LINE] * 100u < (uint64_t)rms[NEUTRAL] * CONFIG_SATURATION_LOW_PERCENT;
    const bool is_doubtful = saturation->agreeing > 0 || (is_low && !saturation->is_present);
    return is_doubtful || now_us - saturation->taken_us >= CONFIG_SATURATION_SAMPLE_US - CONFIG_FRONT_END_SAMPLE_US;
}
