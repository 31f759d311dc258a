/*
 * What a reader sends to the optical port (IEC 62056-21 mode C): the sign-on request and the acknowledgement that asks for
 * the data readout or the security log. Finds them in the octets; when they count, and what is answered, is core/readout's.
 */
#ifndef TBR_OPTICAL_H
#define TBR_OPTICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

enum optical_message {
    OPTICAL_NOTHING,
    OPTICAL_REQUEST,      /* sign-on, for this meter */
    OPTICAL_READ_OUT,     /* data readout at 300 baud */
    OPTICAL_READ_OUT_FAST, /* data readout at the speed that the identification offered */
    OPTICAL_READ_LOG,      /* the security log, likewise */
    OPTICAL_READ_LOG_FAST,
    OPTICAL_INSTALL,       /* the meter is in its installed position; a data readout answers, likewise */
    OPTICAL_INSTALL_FAST
};

struct optical {
    uint64_t last_octet_us;
    uint8_t line[CONFIG_OPTICAL_LINE_MAX];
    uint8_t count;
};

/* What this octet has completed. */
enum optical_message optical_take(struct optical *optical, uint8_t octet, uint64_t now_us);

#endif
