#include "core/bypass.h"

#include "config.h"
#include "hal/hal.h"

static uint32_t distance(uint32_t one, uint32_t other) { return one > other ? one - other : other - one; }

static int32_t amount_of(int32_t value) { return value < 0 ? -value : value; }

static uint8_t raised(uint8_t count, uint8_t most) { return count < most ? (uint8_t)(count + 1u) : count; }

static bool is_step(uint32_t before_uA, uint32_t now_uA) {
    const uint32_t larger_uA = before_uA > now_uA ? before_uA : now_uA;
    const uint32_t difference_uA = distance(before_uA, now_uA);
    return difference_uA >= CONFIG_BYPASS_STEP_UA && difference_uA >= larger_uA / 100u * CONFIG_BYPASS_STEP_PERCENT;
}

/* The mean of the first samples, later an exponential one. */
static uint32_t follow(uint32_t smoothed, uint32_t now, uint8_t samples) {
    const int32_t difference = (int32_t)(now - smoothed);
    return smoothed + (uint32_t)(difference / (int32_t)samples);
}

static void take_before(struct bypass *bypass, const struct electrical *sample) {
    const bool has_moved = distance(bypass->voltage_uV, sample->voltage_uV) > CONFIG_BYPASS_MAINS_STEP_UV;
    /* A surge is seen in one sample; a load's voltage may be before its filtered current. The next sample tells. */
    if (has_moved && bypass->voltage_uV != 0 && bypass->before != 0) {
        bypass->before = 0;
        return;
    }
    bypass->line_mW = sample->line_mW;
    bypass->line_mvar = sample->line_mvar;
    /* The mains have moved by themselves: what was before says nothing any more. */
    if (has_moved) {
        bypass->line_uA = sample->line_uA;
        bypass->neutral_uA = sample->neutral_uA;
        bypass->voltage_uV = sample->voltage_uV;
        bypass->before = 1;
        return;
    }
    bypass->before = raised(bypass->before, CONFIG_BYPASS_SMOOTHING);
    bypass->line_uA = follow(bypass->line_uA, sample->line_uA, bypass->before);
    bypass->neutral_uA = follow(bypass->neutral_uA, sample->neutral_uA, bypass->before);
    bypass->voltage_uV = follow(bypass->voltage_uV, sample->voltage_uV, bypass->before);
}

static void start_step(struct bypass *bypass, uint64_t now_us) {
    bypass->step_us = now_us;
    bypass->settled = 0;
    bypass->voltage_sum_10uV = 0;
    bypass->power_sum_mW = 0;
    bypass->reactive_sum_mvar = 0;
}

/* What was before the next step is what is now. */
static void end_step(struct bypass *bypass) {
    bypass->step_us = 0;
    bypass->voltage_uV = 0;
}

/* One step's voltage change over its change of active current, in uOhm; 0 where it is none that a load makes. */
static uint32_t resistance_of(int32_t voltage_uV, int32_t current_mA) {
    if (current_mA == 0 || (voltage_uV < 0) == (current_mA < 0)) {
        return 0;
    }
    const int64_t resistance_uOhm = -(int64_t)voltage_uV * 1000 / current_mA;
    return resistance_uOhm < CONFIG_BYPASS_LEAST_UOHM || resistance_uOhm > CONFIG_BYPASS_MOST_UOHM
               ? 0
               : (uint32_t)resistance_uOhm;
}

/* Steps that agree within a quarter teach; one that does not halves the trust in what was learned. */
static void learn(struct bypass *bypass, uint32_t seen_uOhm) {
    if (bypass->learned == 0) {
        bypass->resistance_uOhm = seen_uOhm;
        bypass->learned = 1;
    } else if (distance(seen_uOhm, bypass->resistance_uOhm) <= bypass->resistance_uOhm / 4u) {
        bypass->resistance_uOhm = (3u * bypass->resistance_uOhm + seen_uOhm) / 4u;
        bypass->learned = raised(bypass->learned, CONFIG_BYPASS_LEARN_STEPS);
        bypass->clean = raised(bypass->clean, CONFIG_BYPASS_CLEAN_STEPS);
    } else {
        bypass->learned /= 2u;
        bypass->clean = 0;
    }
}

/* MET-2: judges a step by what the voltage did. True when the state has changed with it. */
static bool judge_step(struct bypass *bypass, const struct electrical *sample) {
    const int32_t samples = CONFIG_BYPASS_SAMPLES;
    const uint32_t voltage_uV = bypass->voltage_sum_10uV / CONFIG_BYPASS_SAMPLES * 10u;
    const int32_t power_mW = bypass->power_sum_mW / samples, reactive_mvar = bypass->reactive_sum_mvar / samples;
    const int32_t change_mW = power_mW - bypass->line_mW, change_mvar = reactive_mvar - bypass->line_mvar;
    const int32_t change_uV = (int32_t)(voltage_uV - bypass->voltage_uV);
    const uint32_t line_uA = distance(sample->line_uA, bypass->line_uA);
    const uint32_t neutral_uA = distance(sample->neutral_uA, bypass->neutral_uA);
    /* One element alone is a mismatch (MET-1); a reactive step moves the voltage otherwise. */
    if (distance(line_uA, neutral_uA) > line_uA / 4u || amount_of(change_mvar) > amount_of(change_mW) / 2) {
        return false;
    }
    const int32_t current_mA = (int32_t)((int64_t)change_mW * 1000000 / ((int64_t)voltage_uV + 1));
    const uint64_t expected_uV = (uint64_t)bypass->resistance_uOhm * (uint32_t)amount_of(current_mA) / 1000u;
    const uint64_t stayed_uV = expected_uV * CONFIG_BYPASS_STAYED_PERCENT / 100u;
    const bool is_decidable = bypass->learned >= CONFIG_BYPASS_LEARN_STEPS && expected_uV >= CONFIG_BYPASS_LEAST_UV;
    const bool is_drop = amount_of(power_mW) < amount_of(bypass->line_mW);
    if (is_decidable && (uint32_t)amount_of(change_uV) < stayed_uV) {
        bypass->clean = 0;
        return is_drop != bypass->is_present;
    }
    const uint32_t seen_uOhm = resistance_of(change_uV, current_mA);
    if (seen_uOhm != 0 && expected_uV * 2u >= (bypass->learned > 0 ? CONFIG_BYPASS_LEAST_UV : 0u)) {
        learn(bypass, seen_uOhm);
    }
    return bypass->is_present && bypass->clean >= CONFIG_BYPASS_CLEAN_STEPS;
}

static bool take_settling(struct bypass *bypass, const struct electrical *sample, uint64_t now_us,
                          struct bypass_change *change) {
    if (now_us < bypass->step_us + CONFIG_BYPASS_SETTLE_US) {
        return false;
    }
    bypass->voltage_sum_10uV += sample->voltage_uV / 10u;
    bypass->power_sum_mW += sample->line_mW;
    bypass->reactive_sum_mvar += sample->line_mvar;
    bypass->settled++;
    if (bypass->settled < CONFIG_BYPASS_SAMPLES) {
        return false;
    }
    const bool has_changed = judge_step(bypass, sample);
    *change = (struct bypass_change){.present = !bypass->is_present, .first_us = bypass->step_us};
    end_step(bypass);
    if (has_changed) {
        bypass->is_present = change->present;
        bypass->clean = 0;
    }
    return has_changed;
}

bool bypass_take(struct bypass *bypass, const struct electrical *sample, uint64_t now_us, struct bypass_change *change) {
    if (sample->voltage_uV < CONFIG_VOLTAGE_THERE_UV) {
        end_step(bypass); /* a brown-out or an interruption: nothing before it counts */
        return false;
    }
    if (bypass->step_us != 0) {
        return take_settling(bypass, sample, now_us, change);
    }
    const bool has_before = bypass->voltage_uV != 0;
    if (has_before && (is_step(bypass->line_uA, sample->line_uA) || is_step(bypass->neutral_uA, sample->neutral_uA))) {
        start_step(bypass, now_us);
    } else {
        take_before(bypass, sample);
    }
    return false;
}

uint64_t bypass_wants_sample_at_us(const struct bypass *bypass, uint64_t now_us) {
    if (bypass->step_us == 0) {
        return HAL_NEVER;
    }
    const uint64_t settled_us = bypass->step_us + CONFIG_BYPASS_SETTLE_US;
    return now_us < settled_us ? settled_us : now_us + CONFIG_BYPASS_GAP_US;
}

uint64_t bypass_decides_at_us(const struct bypass *bypass) {
    if (bypass->step_us == 0 || bypass->learned < CONFIG_BYPASS_LEARN_STEPS || bypass->is_present) {
        return HAL_NEVER;
    }
    return bypass->step_us + CONFIG_BYPASS_SETTLE_US + CONFIG_BYPASS_SAMPLES * CONFIG_BYPASS_GAP_US;
}
