#include "core/part_watch.h"

#include "config.h"

bool part_watch_take(struct part_watch *watch, bool succeeded, uint64_t now_us) {
    if (succeeded != watch->is_faulty) {
        watch->agreeing = 0;
        return false;
    }
    if (watch->agreeing == 0) {
        watch->first_us = now_us;
    }
    watch->agreeing++;
    if (watch->agreeing < CONFIG_PART_FAULT_SAMPLES) {
        return false;
    }
    watch->agreeing = 0;
    watch->is_faulty = !watch->is_faulty;
    return true;
}
