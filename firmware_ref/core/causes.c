#include "core/causes.h"

#include "core/event_queue.h"

#define NO_END 0u

struct cause {
    uint8_t code;
    uint8_t end; /* NO_END for what is over at once */
    const char *text;
};

/* LOG-2: a cause's place says where the EEPROM keeps its state: new ones go to the end. */
static const struct cause causes[CONFIG_CAUSES] = {
    {EVENT_MISMATCH, EVENT_MISMATCH_ENDED, "current mismatch"},
    {EVENT_FRONT_END_FAULT, EVENT_FRONT_END_BACK, "metrology front end silent"},
    {EVENT_MAGNET, EVENT_MAGNET_ENDED, "magnetic interference"},
    {EVENT_HALL_FAULT, EVENT_HALL_BACK, "magnetic sensor silent"},
    {EVENT_FIELD_SATURATED, EVENT_FIELD_SATURATED_ENDED, "magnetic sensor saturated"},
    {EVENT_BYPASS, EVENT_BYPASS_ENDED, "measuring element bypassed"},
    {EVENT_NEUTRAL_LOST_SUPPLY_SIDE, EVENT_NEUTRAL_LOST_SUPPLY_SIDE_ENDED, "neutral lost on the supply side"},
    {EVENT_NEUTRAL_LOST_LOAD_SIDE, EVENT_NEUTRAL_LOST_LOAD_SIDE_ENDED, "neutral lost on the load side"},
    {EVENT_LINE_NEUTRAL_SWAPPED, EVENT_LINE_NEUTRAL_SWAPPED_ENDED, "line and neutral swapped"},
    {EVENT_CURRENT_REVERSED, EVENT_CURRENT_REVERSED_ENDED, "current reversed"},
    {EVENT_PHASE_ANGLE, EVENT_PHASE_ANGLE_ENDED, "phase angle abnormal"},
    {EVENT_TRANSFORMER_SATURATED, EVENT_TRANSFORMER_SATURATED_ENDED, "current transformer saturated"},
    {EVENT_OVERHEATED, EVENT_OVERHEATED_ENDED, "overheated"},
    {EVENT_TILTED, EVENT_TILTED_ENDED, "tilted"},
    {EVENT_SHAKEN, EVENT_SHAKEN_ENDED, "shaken"},
    {EVENT_MOTION_FAULT, EVENT_MOTION_BACK, "motion sensor silent"},
    {EVENT_EDGE_STORM, EVENT_EDGE_STORM_ENDED, "interrupt storm"},
    {EVENT_CASE_OPENED, EVENT_CASE_CLOSED, "case opened"},
    {EVENT_KEYS_WIPED, NO_END, "keys wiped"},
    {EVENT_PORT_LOCKED, NO_END, "diagnostic port locked"},
    {EVENT_CLOCK_ADJUSTED, NO_END, "clock adjusted"},
    {EVENT_CLOCK_INVALID, NO_END, "clock invalid"},
    {EVENT_BATTERY_LOW, EVENT_BATTERY_LOW_ENDED, "battery low"},
    {EVENT_SECURE_ELEMENT_FAULT, EVENT_SECURE_ELEMENT_BACK, "secure element silent"},
    {EVENT_EVENTS_DROPPED, NO_END, "events dropped"},
    {EVENT_CONFIGURATION_CHANGED, NO_END, "configuration changed"},
    {EVENT_PARAMETERS_DAMAGED, NO_END, "parameters damaged"},
};

unsigned cause_index(uint8_t code) {
    for (unsigned i = 0; i < CONFIG_CAUSES; i++) {
        if (causes[i].code == code || (causes[i].end != NO_END && causes[i].end == code)) {
            return i;
        }
    }
    return CAUSE_NONE;
}

uint8_t cause_code(unsigned index) { return causes[index].code; }

bool cause_has_end(unsigned index) { return causes[index].end != NO_END; }

const char *cause_text(unsigned index) { return causes[index].text; }

bool cause_is_end(uint8_t code) {
    const unsigned index = cause_index(code);
    return index != CAUSE_NONE && causes[index].code != code;
}
