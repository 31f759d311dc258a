/*
 * MET-3: what is wrong with the wiring, each fault told apart: neutral lost before or behind the meter, line and neutral
 * swapped, one element reversed, an abnormal phase angle. Pure: it is told each sample and answers with what has changed.
 */
#ifndef TBR_WIRING_H
#define TBR_WIRING_H

#include <stdbool.h>
#include <stdint.h>

/* In the order of the event codes: EVENT_NEUTRAL_LOST_SUPPLY_SIDE + 2 n is the fault's, the next one its end's. */
enum wiring_fault {
    WIRING_NEUTRAL_SUPPLY,
    WIRING_NEUTRAL_LOAD,
    WIRING_SWAPPED,
    WIRING_REVERSED,
    WIRING_PHASE_ANGLE,
    WIRING_FAULTS,
};

/* One sample of the front end. RMS in uA and uV; power in mW and mvar, negative when energy is delivered. */
struct electrical {
    uint32_t line_uA;
    uint32_t neutral_uA;
    uint32_t voltage_uV;
    int32_t line_mW;
    int32_t neutral_mW;
    int32_t line_mvar;
    bool is_line_live; /* terminal L has voltage against earth */
};

struct wiring {
    uint32_t first_ms[WIRING_FAULTS]; /* the first of the samples that agree */
    uint32_t falling_uA;              /* the neutral current of the sample before */
    uint8_t agreeing[WIRING_FAULTS];
    uint8_t present;                  /* the decided states, bit n for fault n */
    bool is_neutral_vanishing;        /* at the last sample */
};

/* Takes a sample; returns the faults whose state has changed with it, bit n for fault n. */
uint8_t wiring_take(struct wiring *wiring, const struct electrical *sample, uint64_t now_us);
/* True when what is known, or may still turn out, explains why this sample's currents differ (MET-1 against MET-3). */
bool wiring_explains_mismatch(const struct wiring *wiring, const struct electrical *sample);
/* True while a fault waits for its confirmation, or may be about to show. */
bool wiring_is_urgent(const struct wiring *wiring, const struct electrical *sample);

#endif
