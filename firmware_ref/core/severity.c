#include "core/severity.h"

#include "core/event_queue.h"

/* What begins is major; its end, and what tells of the meter's own upkeep, is minor. An unknown code is major. */
uint8_t severity_of(uint8_t code) {
    switch (code) {
    case EVENT_MISMATCH_ENDED:
    case EVENT_FRONT_END_BACK:
    case EVENT_MAGNET_ENDED:
    case EVENT_HALL_BACK:
    case EVENT_FIELD_SATURATED_ENDED:
    case EVENT_BYPASS_ENDED:
    case EVENT_NEUTRAL_LOST_SUPPLY_SIDE_ENDED:
    case EVENT_NEUTRAL_LOST_LOAD_SIDE_ENDED:
    case EVENT_LINE_NEUTRAL_SWAPPED_ENDED:
    case EVENT_CURRENT_REVERSED_ENDED:
    case EVENT_PHASE_ANGLE_ENDED:
    case EVENT_TRANSFORMER_SATURATED_ENDED:
    case EVENT_OVERHEATED_ENDED:
    case EVENT_TILTED_ENDED:
    case EVENT_SHAKEN_ENDED:
    case EVENT_MOTION_BACK:
    case EVENT_EDGE_STORM_ENDED:
    case EVENT_CASE_CLOSED:
    case EVENT_BATTERY_LOW:
    case EVENT_BATTERY_LOW_ENDED:
    case EVENT_SECURE_ELEMENT_BACK:
    case EVENT_CONFIGURATION_CHANGED:
        return SEVERITY_MINOR;
    default:
        return SEVERITY_MAJOR;
    }
}

bool severity_is_minor(uint8_t code) { return severity_of(code) == SEVERITY_MINOR; }

/* What the front end's filter delays takes 0.42 s and more by itself (DESIGN.md). */
bool severity_has_slack(uint8_t code) {
    return code != EVENT_MISMATCH && code != EVENT_BYPASS && code != EVENT_NEUTRAL_LOST_SUPPLY_SIDE &&
           code != EVENT_NEUTRAL_LOST_LOAD_SIDE && code != EVENT_TRANSFORMER_SATURATED;
}
