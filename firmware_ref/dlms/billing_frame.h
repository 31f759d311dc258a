/* One frame of billing data: an unsigned data-notification of normal priority (COM-2). Byte by byte in docs/alert-format.md. Pure. */
#ifndef TBR_BILLING_FRAME_H
#define TBR_BILLING_FRAME_H

#include "core/calendar.h"

#define BILLING_FRAME_BYTES 49u

struct billing_values {
    struct hal_utc time;
    uint32_t line_mA;
    uint32_t voltage_mV;
    uint16_t number; /* of the frame in its push, from 1 */
};

void billing_put_frame(uint8_t frame[BILLING_FRAME_BYTES], const struct billing_values *values);

#endif
