#include "core/vibration.h"

#include "config.h"
#include "hal/hal.h"

bool vibration_take(struct vibration *vibration, bool has_moved, uint32_t threshold_us, uint64_t now_us) {
    if (!has_moved) {
        return false;
    }
    if (vibration->last_us == 0 || now_us - vibration->last_us > CONFIG_VIBRATION_PAUSE_US) {
        vibration->first_us = now_us;
    }
    vibration->last_us = now_us;
    if (vibration->is_present || now_us - vibration->first_us < threshold_us) {
        return false;
    }
    vibration->is_present = true;
    return true;
}

uint64_t vibration_deadline_us(const struct vibration *vibration) {
    return vibration->is_present ? vibration->last_us + CONFIG_VIBRATION_QUIET_US : HAL_NEVER;
}

bool vibration_sample(struct vibration *vibration, uint64_t now_us) {
    if (now_us < vibration_deadline_us(vibration)) {
        return false;
    }
    vibration->is_present = false;
    return true;
}
