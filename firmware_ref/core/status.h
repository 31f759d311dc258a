/* The Metrology Status Register (MAG-2): bits 0 to 15 are the state now, bit n + 16 says that bit n was set since power-on. */
#ifndef TBR_STATUS_H
#define TBR_STATUS_H

#include <stdint.h>

#define STATUS_TAMPERED (1u << 0) /* any of the causes named in status.c */
#define STATUS_CASE_OPEN (1u << 1)
#define STATUS_MAGNET (1u << 2)
#define STATUS_MISMATCH (1u << 3)
#define STATUS_FIELD_CLIPPED (1u << 4)
#define STATUS_TILTED (1u << 5)
#define STATUS_SHAKEN (1u << 6)
#define STATUS_METROLOGY (1u << 7) /* bypass, wiring, reversal, phase angle, saturated transformer: the events tell which */
#define STATUS_HALL_FAULT (1u << 8)
#define STATUS_FRONT_END_FAULT (1u << 9)
#define STATUS_SECURE_ELEMENT_FAULT (1u << 10)
#define STATUS_LOG_FAULT (1u << 11)
#define STATUS_CLOCK_NOT_SET (1u << 12)
#define STATUS_MOTION_FAULT (1u << 13)
#define STATUS_OVERHEATED (1u << 14)
#define STATUS_KEYS_WIPED (1u << 15)

struct status {
    uint32_t word;
};

/* Takes the bits that are set now; Tampered follows from them. */
void status_set(struct status *status, uint32_t bits);

#endif
