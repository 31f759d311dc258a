#include "core/storm.h"

#include "config.h"
#include "hal/hal.h"

bool storm_take_edge(struct storm *storm, uint64_t time_us) {
    const uint64_t since_us = time_us - storm->last_us;
    if (since_us >= storm->fill_us) {
        storm->fill_us = 0;
        storm->first_us = time_us;
    } else {
        storm->fill_us -= (uint32_t)since_us;
    }
    storm->last_us = time_us;
    storm->fill_us += CONFIG_STORM_LEAK_US;
    if (storm->fill_us > CONFIG_STORM_EDGES * CONFIG_STORM_LEAK_US) {
        storm->fill_us = CONFIG_STORM_EDGES * CONFIG_STORM_LEAK_US;
        if (!storm->is_present) {
            storm->is_present = true;
            return true;
        }
    }
    return false;
}

uint64_t storm_deadline_us(const struct storm *storm) {
    return storm->is_present ? storm->last_us + CONFIG_STORM_QUIET_US : HAL_NEVER;
}

bool storm_sample(struct storm *storm, uint64_t now_us) {
    if (now_us < storm_deadline_us(storm)) {
        return false;
    }
    storm->is_present = false;
    storm->fill_us = 0;
    return true;
}
