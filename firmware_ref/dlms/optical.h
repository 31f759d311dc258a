/* The optical port's IEC 62056-21 sign-on at 300 baud 7E1: answers the request, nothing more yet (DLMS-1). */
#ifndef TBR_OPTICAL_H
#define TBR_OPTICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

struct optical {
    uint8_t line[CONFIG_OPTICAL_LINE_MAX];
    uint8_t count;
    uint64_t last_octet_us;
};

/* True when this octet completed a sign-on request that is for this meter. */
bool optical_take(struct optical *optical, uint8_t octet, uint64_t now_us);

#endif
