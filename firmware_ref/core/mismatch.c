#include "core/mismatch.h"

#include "config.h"

/*
 * Below the starting current neither state is shown: a load that is switched off says nothing about where its current went,
 * so the decided state stays.
 */
static bool speaks_for_change(const struct mismatch *mismatch, uint32_t line_uA, uint32_t neutral_uA) {
    const uint32_t larger_uA = line_uA > neutral_uA ? line_uA : neutral_uA;
    const uint32_t difference_uA = line_uA > neutral_uA ? line_uA - neutral_uA : neutral_uA - line_uA;
    if (larger_uA < CONFIG_MISMATCH_START_UA) {
        return false;
    }
    const uint64_t difference_percent = (uint64_t)difference_uA * 100u;
    if (mismatch->is_present) {
        return difference_percent < (uint64_t)larger_uA * CONFIG_MISMATCH_RESTORE_PERCENT;
    }
    return difference_percent > (uint64_t)larger_uA * CONFIG_MISMATCH_TRIP_PERCENT;
}

bool mismatch_take(struct mismatch *mismatch, uint32_t line_uA, uint32_t neutral_uA, uint64_t now_us,
                   struct mismatch_change *change) {
    const unsigned wanted = mismatch->is_present ? CONFIG_MISMATCH_RESTORE_SAMPLES : CONFIG_MISMATCH_TRIP_SAMPLES;
    if (!speaks_for_change(mismatch, line_uA, neutral_uA)) {
        mismatch->agreeing = 0;
        return false;
    }
    if (mismatch->agreeing == 0) {
        mismatch->first_us = now_us;
    }
    mismatch->agreeing++;
    if (mismatch->agreeing < wanted) {
        return false;
    }
    mismatch->agreeing = 0;
    mismatch->is_present = !mismatch->is_present;
    *change = (struct mismatch_change){.present = mismatch->is_present, .first_us = mismatch->first_us};
    return true;
}

bool mismatch_is_urgent(const struct mismatch *mismatch) { return !mismatch->is_present && mismatch->agreeing > 0; }
