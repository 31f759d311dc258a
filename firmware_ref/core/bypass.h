/*
 * MET-2: both measuring elements bypassed at once, which line against neutral (MET-1) cannot show. The load that is still
 * there is seen in the voltage: a load that is switched off lets it rise by its current times the supply's resistance,
 * which ordinary load steps teach; a current that drops while the voltage stays went another way. Pure.
 */
#ifndef TBR_BYPASS_H
#define TBR_BYPASS_H

#include "core/wiring.h"

struct bypass {
    uint64_t step_us;         /* when the step under way was first seen; 0: none */
    uint32_t line_uA;         /* before the step, smoothed */
    uint32_t neutral_uA;
    uint32_t voltage_uV;
    int32_t line_mW;          /* before the step, the last sample's */
    int32_t line_mvar;
    uint32_t resistance_uOhm; /* of the supply, learned; 0: not yet */
    uint32_t voltage_sum_10uV;/* after the step, of the samples so far */
    int32_t power_sum_mW;
    int32_t reactive_sum_mvar;
    uint8_t before;           /* samples in what was before, up to CONFIG_BYPASS_SMOOTHING; 0: the voltage has moved since */
    uint8_t settled;          /* samples in the sums */
    uint8_t learned;          /* steps that agreed, up to CONFIG_BYPASS_LEARN_STEPS */
    uint8_t clean;            /* steps since the bypass began that show none */
    bool is_present;          /* the decided state */
};

struct bypass_change {
    bool present;
    uint64_t first_us;
};

/* True when this sample has completed a change. */
bool bypass_take(struct bypass *bypass, const struct electrical *sample, uint64_t now_us, struct bypass_change *change);
/* When the step under way will have been judged, at the latest; HAL_NEVER without one that can be. */
uint64_t bypass_decides_at_us(const struct bypass *bypass);
/* When the next sample is wanted at the latest, HAL_NEVER if in the ordinary rhythm. */
uint64_t bypass_wants_sample_at_us(const struct bypass *bypass, uint64_t now_us);

#endif
