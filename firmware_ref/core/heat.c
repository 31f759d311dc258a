#include "core/heat.h"

#include "config.h"

static bool speaks_for_change(const struct heat *heat, int32_t rise_dK) {
    return heat->is_over ? rise_dK < CONFIG_HEAT_RESTORE_DK : rise_dK > CONFIG_HEAT_TRIP_DK;
}

bool heat_take(struct heat *heat, int16_t board_dC, int16_t terminal_dC, uint64_t now_us, struct heat_change *change) {
    if (!speaks_for_change(heat, (int32_t)terminal_dC - board_dC)) {
        heat->agreeing = 0;
        return false;
    }
    if (heat->agreeing == 0) {
        heat->first_us = now_us;
    }
    heat->agreeing++;
    if (heat->agreeing < CONFIG_HEAT_SAMPLES) {
        return false;
    }
    heat->agreeing = 0;
    heat->is_over = !heat->is_over;
    *change = (struct heat_change){.over = heat->is_over, .first_us = heat->first_us};
    return true;
}
