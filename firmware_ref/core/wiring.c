#include "core/wiring.h"

#include "config.h"

static uint32_t amount_of(int32_t value) { return value < 0 ? 0u - (uint32_t)value : (uint32_t)value; }

static bool has_voltage(const struct electrical *sample) { return sample->voltage_uV >= CONFIG_VOLTAGE_THERE_UV; }

static bool has_current(const struct electrical *sample) {
    const uint32_t larger_uA = sample->line_uA > sample->neutral_uA ? sample->line_uA : sample->neutral_uA;
    return larger_uA >= CONFIG_WIRING_START_UA;
}

static bool is_neutral_below(const struct electrical *sample, unsigned percent) {
    return (uint64_t)sample->neutral_uA * 100u < (uint64_t)sample->line_uA * percent;
}

/*
 * The neutral current on its way to nothing: a sample in which it was lost shows a part of it, the next one none. A shunt leaves a
 * part in that one too.
 */
static bool is_neutral_vanishing(const struct wiring *wiring, const struct electrical *sample) {
    const uint64_t fell_to_percent = (uint64_t)sample->neutral_uA * 100u;
    return fell_to_percent < (uint64_t)wiring->falling_uA * CONFIG_NEUTRAL_FALLING_PERCENT &&
           is_neutral_below(sample, CONFIG_NEUTRAL_FALLING_PERCENT);
}

static bool is_neutral_gone(const struct wiring *wiring, const struct electrical *sample) {
    return is_neutral_below(sample, CONFIG_NEUTRAL_LOST_PERCENT) &&
           (wiring->is_neutral_vanishing || is_neutral_below(sample, CONFIG_NEUTRAL_NOTHING_PERCENT) ||
            sample->neutral_uA < CONFIG_NEUTRAL_NOTHING_UA);
}

/* MET-3: what a sample shows of each fault; the sample says nothing where neither holds. */
static uint8_t seen_faults(const struct wiring *wiring, const struct electrical *sample) {
    const uint32_t active_mW = amount_of(sample->line_mW);
    const bool is_voltage_there = has_voltage(sample), is_current_there = has_current(sample);
    uint8_t seen = 0;
    if (sample->voltage_uV < CONFIG_VOLTAGE_GONE_UV && sample->is_line_live) {
        seen |= 1u << WIRING_NEUTRAL_SUPPLY;
    }
    if (is_voltage_there && sample->is_line_live && is_current_there && is_neutral_gone(wiring, sample)) {
        seen |= 1u << WIRING_NEUTRAL_LOAD;
    }
    if (is_voltage_there && !sample->is_line_live) {
        seen |= 1u << WIRING_SWAPPED;
    }
    if (is_voltage_there && is_current_there && (sample->line_mW < 0) != (sample->neutral_mW < 0) &&
        amount_of(sample->neutral_mW) >= CONFIG_REVERSED_LEAST_MW && active_mW >= CONFIG_REVERSED_LEAST_MW) {
        seen |= 1u << WIRING_REVERSED;
    }
    if (is_voltage_there && is_current_there &&
        (uint64_t)amount_of(sample->line_mvar) * 100u > (uint64_t)active_mW * CONFIG_PHASE_TANGENT_PERCENT) {
        seen |= 1u << WIRING_PHASE_ANGLE;
    }
    return seen;
}

static uint8_t seen_ends(const struct electrical *sample) {
    uint8_t seen = 0;
    if (!has_voltage(sample)) {
        return seen;
    }
    seen |= 1u << WIRING_NEUTRAL_SUPPLY;
    if (sample->is_line_live) {
        seen |= 1u << WIRING_SWAPPED;
    }
    if (!has_current(sample)) {
        return seen;
    }
    if (!is_neutral_below(sample, CONFIG_NEUTRAL_BACK_PERCENT)) {
        seen |= 1u << WIRING_NEUTRAL_LOAD;
    }
    if ((sample->line_mW < 0) == (sample->neutral_mW < 0)) {
        seen |= 1u << WIRING_REVERSED;
    }
    if ((uint64_t)amount_of(sample->line_mvar) * 100u <
        (uint64_t)amount_of(sample->line_mW) * CONFIG_PHASE_BACK_TANGENT_PERCENT) {
        seen |= 1u << WIRING_PHASE_ANGLE;
    }
    return seen;
}

static bool is_confirmed(const struct wiring *wiring, unsigned fault, uint32_t now_ms) {
    if (wiring->agreeing[fault] < CONFIG_WIRING_SAMPLES) {
        return false;
    }
    return fault != WIRING_PHASE_ANGLE || now_ms - wiring->first_ms[fault] >= CONFIG_PHASE_CONFIRM_MS;
}

uint8_t wiring_take(struct wiring *wiring, const struct electrical *sample, uint64_t now_us) {
    wiring->is_neutral_vanishing = is_neutral_vanishing(wiring, sample);
    const uint8_t speaks = (uint8_t)((seen_faults(wiring, sample) & ~wiring->present) | (seen_ends(sample) & wiring->present));
    const uint32_t now_ms = speaks != 0 ? (uint32_t)(now_us / 1000u) : 0; /* PWR-1: a division by hand, so seldom */
    uint8_t changed = 0;
    for (unsigned fault = 0; fault < WIRING_FAULTS; fault++) {
        if ((speaks >> fault & 1u) == 0) {
            wiring->agreeing[fault] = 0;
            continue;
        }
        if (wiring->agreeing[fault] == 0) {
            wiring->first_ms[fault] = now_ms;
        }
        if (wiring->agreeing[fault] < UINT8_MAX) {
            wiring->agreeing[fault]++;
        }
        if (is_confirmed(wiring, fault, now_ms)) {
            wiring->agreeing[fault] = 0;
            changed |= (uint8_t)(1u << fault);
        }
    }
    wiring->present ^= changed;
    wiring->falling_uA = sample->neutral_uA;
    return changed;
}

bool wiring_explains_mismatch(const struct wiring *wiring, const struct electrical *sample) {
    return !has_voltage(sample) || (wiring->present & (1u << WIRING_NEUTRAL_LOAD)) != 0 ||
           wiring->agreeing[WIRING_NEUTRAL_LOAD] > 0 || wiring->is_neutral_vanishing;
}

bool wiring_is_urgent(const struct wiring *wiring, const struct electrical *sample) {
    const bool is_supply_lost = (wiring->present & (1u << WIRING_NEUTRAL_SUPPLY)) != 0;
    if (wiring->is_neutral_vanishing || (!has_voltage(sample) && sample->is_line_live && !is_supply_lost)) {
        return true;
    }
    for (unsigned fault = 0; fault < WIRING_PHASE_ANGLE; fault++) {
        if (wiring->agreeing[fault] > 0 && (wiring->present >> fault & 1u) == 0) {
            return true;
        }
    }
    return false;
}
